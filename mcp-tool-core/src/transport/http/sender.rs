//! The sender of a request: its connection, network address and identity.

use std::net::IpAddr;

use super::authentication::Identity;
use crate::transport::client_label::ClientLabel;

/// State that all requests of one connection share.
#[derive(Debug)]
pub(super) struct Peer {
    /// Address of the other end of the connection, which may be a proxy.
    pub(super) address: IpAddr,
    /// The connection doesn't come from a trusted proxy, so only health checks are answered.
    pub(super) is_outsider: bool,
    /// Labels the local user, who is the caller without authorization, with the client's name.
    pub(super) client_label: ClientLabel,
}

impl Peer {
    pub(super) fn new(address: IpAddr, is_outsider: bool) -> Self {
        Peer { address, is_outsider, client_label: ClientLabel::default() }
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
