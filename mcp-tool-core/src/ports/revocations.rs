//! Revocations of tokens.

use std::{fmt, time::SystemTime};

/// The operator's revocations, against which an authenticator checks tokens.
pub trait Revocations: fmt::Debug + Send + Sync + 'static {
    /// Returns a number that grows with every change. Decisions that were cached under a smaller number are outdated.
    fn generation(&self) -> u64;

    /// Returns `true` for a token that an operator revoked.
    fn is_revoked(&self, token: &Issued<'_>) -> bool;
}

/// Claims of a verified token that a revocation can name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Issued<'t> {
    /// `jti` (RFC 7519 §4.1.7).
    pub jti: Option<&'t str>,
    /// The user: `sub` (RFC 7519 §4.1.2), unless the settings name another claim.
    pub subject: Option<&'t str>,
    /// Id of the OAuth client (RFC 9068 §2.2 `client_id`, else `azp`).
    pub client: Option<&'t str>,
    /// The agent, which is the OAuth client unless another claim names it.
    pub agent: Option<&'t str>,
    /// `iat` (RFC 7519 §4.1.6); a token without it counts as issued before every revocation.
    pub issued_at: Option<SystemTime>,
}
