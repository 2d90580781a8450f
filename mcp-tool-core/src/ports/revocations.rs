//! Revocations of tokens.

use std::{fmt, time::SystemTime};

/// The operator's revocations, against which an authenticator checks tokens. `Controls`, in the module
/// `control`, implements this trait.
pub trait Revocations: fmt::Debug + Send + Sync + 'static {
    /// Returns a number that grows with every change of the revocations. A decision that was cached under a smaller
    /// number must be made again.
    fn generation(&self) -> u64;

    /// Returns `true` if the operator revoked the token.
    fn is_revoked(&self, token: &Issued<'_>) -> bool;
}

/// Claims of a verified token by which the token can be revoked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Issued<'t> {
    /// `jti` (RFC 7519 §4.1.7).
    pub jti: Option<&'t str>,
    /// The user: the claim that the settings name, by default `sub` (RFC 7519 §4.1.2). By default, the user of a token
    /// without `sub` is its `client_id`.
    pub subject: Option<&'t str>,
    /// Id of the OAuth client: `client_id` (RFC 9068 §2.2), or else `azp`.
    pub client: Option<&'t str>,
    /// The agent: the first of the claims in the setting `oauth.agent_claims` that the token has. By default, the agent
    /// is `act.sub` or, without `act.sub`, the OAuth client.
    pub agent: Option<&'t str>,
    /// `iat` (RFC 7519 §4.1.6); a token without `iat` counts as issued before every revocation.
    pub issued_at: Option<SystemTime>,
}
