//! Authentication of HTTP requests.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use hyper::{HeaderMap, Uri};

use super::{Authenticated, Revocations};
use crate::call::caller::Caller;

/// Verifies the tokens of HTTP requests for one protected resource, which is this server.
pub trait Authenticator: fmt::Debug + Send + Sync + 'static {
    /// Verifies the bearer token in `headers`, and removes the `Authorization` header from `headers`. A token in the
    /// query of `uri` is refused, because URLs are often logged. `remote` is the address of the client, which has a
    /// share of the requests that wait for an issuer.
    fn authenticate<'a>(
        &'a self,
        uri: &'a Uri,
        headers: &mut HeaderMap,
        remote: IpAddr,
    ) -> Authentication<'a>;

    /// Sets the operator's revocations, before the server listens. Tokens that they revoke are refused.
    fn apply(&mut self, revocations: Arc<dyn Revocations>);

    /// Returns `host[:port]` of the protected resource's URL. Clients send it in the header `Host`, so the listener
    /// accepts it there.
    fn host(&self) -> String;

    /// Returns the value of `WWW-Authenticate` for a denied request (RFC 6750 §3); `None` for [`Denied::Unreachable`]
    /// and [`Denied::UnknownKey`], because another token wouldn't help.
    fn challenge(&self, denied: &Denied) -> Option<String>;

    /// Returns the value of `WWW-Authenticate` for a caller whose token lacks some of `scopes` (RFC 6750 §3.1).
    /// `scopes` are separated by spaces.
    fn insufficient_scope(&self, scopes: &str) -> String;

    /// Returns the protected resource metadata (RFC 9728) as JSON. `None` if `path` isn't a path of the metadata,
    /// such as `/.well-known/oauth-protected-resource/mcp`.
    fn metadata(&self, path: &str) -> Option<&str>;
}

/// Result of [`Authenticator::authenticate`], or a future of that result.
#[allow(missing_debug_implementations, reason = "it may hold a future")]
pub enum Authentication<'a> {
    /// The result, if it is known at once: for a token that was verified before, or for a request without a
    /// well-formed token.
    Ready(Result<Authenticated, Denied>),
    /// Future of the result, for any other token. It may wait for an issuer.
    Pending(BoxFuture<'a, Result<Authenticated, Denied>>),
}

/// Reason why a request isn't authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// The request has no `Authorization` header, or one of another scheme than `Bearer`.
    Missing,
    /// The bearer token is malformed, in the query, or given twice (RFC 6750 §2). Contains the message for the caller.
    Malformed(&'static str),
    /// The token isn't valid for this server. Contains the reason, which only the audit record shows.
    Invalid(&'static str),
    /// The operator revoked the token, which is otherwise valid. Contains its caller, for the audit record.
    Revoked(Box<Caller>),
    /// The token can't be verified now: its issuer gives no usable answer in time, or too many tokens, of all clients or
    /// of this client's address, wait for introspection.
    Unreachable,
    /// The token names a key that isn't known yet, and its issuer was asked for its keys a moment ago.
    UnknownKey {
        /// Time after which the issuer can be asked again.
        retry_after: Duration,
    },
}

impl Denied {
    /// Returns the HTTP status of the response.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Denied::Missing | Denied::Invalid(_) | Denied::Revoked(_) => 401,
            Denied::Malformed(_) => 400,
            Denied::Unreachable | Denied::UnknownKey { .. } => 503,
        }
    }

    /// Returns the value of `Retry-After`, in seconds; `None` if the same token won't be accepted later.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u64> {
        match self {
            Denied::Missing | Denied::Malformed(_) | Denied::Invalid(_) | Denied::Revoked(_) => None,
            Denied::Unreachable => Some(5),
            Denied::UnknownKey { retry_after } => Some(retry_after.as_secs() + 1),
        }
    }

    /// Returns the message for the caller. It doesn't say why a token is invalid, so that it can't help an attacker.
    #[must_use]
    pub const fn message(&self) -> &'static str {
        match self {
            Denied::Missing => {
                "a bearer token is needed: get one from an authorization server of this resource"
            }
            Denied::Malformed(message) => message,
            Denied::Invalid(_) | Denied::Revoked(_) => {
                "the token isn't valid for this server: it may be expired, revoked, or issued for another resource"
            }
            Denied::Unreachable => {
                "the token can't be checked, because its issuer doesn't answer: try again later"
            }
            Denied::UnknownKey { .. } => {
                "the token can't be checked, because its key isn't known yet: try again after the time in Retry-After"
            }
        }
    }

    /// Returns the member `reason` of the request's audit record.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Denied::Missing => "unauthenticated",
            Denied::Malformed(_) => "malformed_token",
            Denied::Invalid(_) | Denied::Revoked(_) => "invalid_token",
            Denied::Unreachable => "issuer_unreachable",
            Denied::UnknownKey { .. } => "unknown_key",
        }
    }

    /// Returns the member `detail` of the request's audit record; `None` if the record has no such member.
    #[must_use]
    pub const fn detail(&self) -> Option<&'static str> {
        match self {
            Denied::Invalid(flaw) => Some(flaw),
            Denied::Revoked(_) => Some("revoked"),
            Denied::Missing | Denied::Malformed(_) | Denied::Unreachable | Denied::UnknownKey { .. } => None,
        }
    }
}
