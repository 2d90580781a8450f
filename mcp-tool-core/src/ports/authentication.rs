//! Authentication of HTTP requests.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use hyper::{HeaderMap, Uri};

use super::{Authenticated, Revocations};
use crate::call::caller::Caller;

/// Verifies the tokens of HTTP requests for one protected resource.
pub trait Authenticator: fmt::Debug + Send + Sync + 'static {
    /// Verifies the bearer token in `headers`, and removes the `Authorization` header from `headers`. A token in the
    /// query of `uri` is refused.
    fn authenticate<'a>(&'a self, uri: &'a Uri, headers: &mut HeaderMap) -> Authentication<'a>;

    /// Sets the revocations. From now on, tokens that they revoke are refused.
    fn apply(&mut self, revocations: Arc<dyn Revocations>);

    /// Returns `host[:port]` from the URL of the protected resource, under which clients reach this server.
    fn host(&self) -> String;

    /// Returns the value of `WWW-Authenticate` for a denied request (RFC 6750 §3); `None` if no token would help.
    fn challenge(&self, denied: &Denied) -> Option<String>;

    /// Returns the value of `WWW-Authenticate` for a caller whose token lacks some of `scopes` (RFC 6750 §3.1).
    /// `scopes` are separated by spaces.
    fn insufficient_scope(&self, scopes: &str) -> String;

    /// Returns the protected resource metadata (RFC 9728) as JSON. `None` if `path` isn't a well-known path of the
    /// metadata.
    fn metadata(&self, path: &str) -> Option<&str>;
}

/// Result of [`Authenticator::authenticate`], or a future of that result.
#[allow(missing_debug_implementations, reason = "it may hold a future")]
pub enum Authentication<'a> {
    /// The result, if no request to an issuer is needed, as for a token that was verified before.
    Ready(Result<Authenticated, Denied>),
    /// Future of the result, if the verification has to wait.
    Pending(BoxFuture<'a, Result<Authenticated, Denied>>),
}

/// Reason why a request isn't authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// The request has no bearer token.
    Missing,
    /// The request's credentials are malformed (RFC 6750 §2). Contains the message for the caller.
    Malformed(&'static str),
    /// The token isn't valid for this server. Only the audit record contains the reason.
    Invalid(&'static str),
    /// The token was valid, and the operator revoked it.
    Revoked(Box<Caller>),
    /// The issuer doesn't answer, so the token can't be verified.
    Unreachable,
}

impl Denied {
    /// Returns the HTTP status of the response.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Denied::Missing | Denied::Invalid(_) | Denied::Revoked(_) => 401,
            Denied::Malformed(_) => 400,
            Denied::Unreachable => 503,
        }
    }

    /// Returns the message for the caller. It doesn't say why a token is invalid.
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
        }
    }

    /// Returns the member `detail` of the request's audit record; `None` if the record has no such member.
    #[must_use]
    pub const fn detail(&self) -> Option<&'static str> {
        match self {
            Denied::Invalid(flaw) => Some(flaw),
            Denied::Revoked(_) => Some("revoked"),
            Denied::Missing | Denied::Malformed(_) | Denied::Unreachable => None,
        }
    }
}
