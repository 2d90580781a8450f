//! Origin of a call: the caller, and facts of the request that carried the call.

use std::net::IpAddr;

use super::{caller::Caller, headers::Headers, token::InboundToken};

/// The caller of a call, with facts of the request that carried the call.
#[derive(Clone, Debug)]
pub struct CallOrigin {
    /// The caller.
    pub caller: Caller,
    /// Address of the client, for a call over a network.
    pub remote: Option<IpAddr>,
    /// Headers of the request that middleware reads.
    pub headers: Headers,
    /// The caller's token, for token exchange only (RFC 8693).
    pub token: Option<InboundToken>,
}

impl From<Caller> for CallOrigin {
    fn from(caller: Caller) -> Self {
        CallOrigin { caller, remote: None, headers: Headers::default(), token: None }
    }
}
