//! Caller and token of an authenticated request.

use crate::call::{caller::Caller, token::InboundToken};

/// Caller and token of a request whose token was verified.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The caller that the token names.
    pub caller: Caller,
    /// The token, for token exchange only (RFC 8693).
    pub token: InboundToken,
}
