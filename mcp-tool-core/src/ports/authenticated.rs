//! Caller and token of an authenticated request.

use crate::call::{caller::Caller, token::InboundToken};

/// Caller and token of a request whose token was verified.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The caller that the token names.
    pub caller: Caller,
    /// The token. It is used only in token exchange (RFC 8693), which gets a token for an upstream (a service that
    /// tools call).
    pub token: InboundToken,
}
