//! Caller and token of an authenticated request.

use std::{fmt, sync::Arc, time::SystemTime};

use super::Issued;
use crate::call::{caller::Caller, token::InboundToken};

/// Caller and token of a request whose token was verified.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The caller that the token names.
    pub caller: Caller,
    /// The token. It is used only in token exchange (RFC 8693), which gets a token for an upstream (a service that
    /// tools call).
    pub token: InboundToken,
    /// The claims that limit the use of the token.
    pub claims: Arc<dyn TokenClaims>,
}

/// Claims of a verified token that limit its use. An event stream is checked against them while it is open.
pub trait TokenClaims: fmt::Debug + Send + Sync {
    /// Returns the claims by which the token can be revoked.
    fn issued(&self) -> Issued<'_>;

    /// Returns the time at which the token expires (`exp`, RFC 7519 §4.1.4); `None` for an opaque token whose issuer
    /// doesn't say when it expires.
    fn expires(&self) -> Option<SystemTime>;
}
