//! The sender of a request: its connection, network address and identity.

use std::net::IpAddr;

use super::authentication::Identity;
use crate::transport::client_label::ClientLabel;

/// State that all requests of one connection share.
#[derive(Debug)]
pub(super) struct Peer {
    /// Address of the other end of the connection, which may be a proxy.
    pub(super) address: IpAddr,
    /// Labels the local user, who is the caller without authorization, with the client's name.
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
    /// The client's network address. Behind trusted proxies, the address that they report.
    pub(super) remote: IpAddr,
    /// The verified token and its caller; empty without authorization.
    pub(super) identity: Identity,
}
