//! The sender of a request: connection, address, identity.

use std::net::IpAddr;

use super::authentication::Identity;
use crate::transport::client_label::ClientLabel;

/// State of one connection that its requests share.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) address: IpAddr,
    pub(super) client_label: ClientLabel,
}

impl Peer {
    pub(super) fn new(address: IpAddr) -> Self {
        Peer { address, client_label: ClientLabel::default() }
    }
}

/// The sender of a request that passed authentication.
pub(super) struct Sender<'p> {
    pub(super) peer: &'p Peer,
    /// The client's address, behind trusted proxies.
    pub(super) remote: IpAddr,
    pub(super) identity: Identity,
}
