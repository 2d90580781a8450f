//! Origin of a call: the caller, and facts of the request that carried the call.

use std::net::IpAddr;

use super::{caller::Caller, headers::Headers, token::InboundToken};

/// The caller of a call, and facts of the request in which the call arrived.
#[derive(Clone, Debug)]
pub struct CallOrigin {
    /// The caller.
    pub caller: Caller,
    /// IP address of the client; `None` over stdio.
    pub remote: Option<IpAddr>,
    /// The HTTP headers of the request whose names a middleware returns from `Middleware::headers`; empty over stdio.
    pub headers: Headers,
    /// The caller's token, for token exchange only (RFC 8693); `None` if the caller wasn't authenticated,
    /// as over stdio.
    pub token: Option<InboundToken>,
}

impl From<Caller> for CallOrigin {
    fn from(caller: Caller) -> Self {
        CallOrigin { caller, remote: None, headers: Headers::default(), token: None }
    }
}
