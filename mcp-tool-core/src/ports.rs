//! Traits that other crates implement: token verification, TLS, revocations and connections to upstreams.

use std::{any::Any, fmt, time::SystemTime};

use crate::call::{caller::Caller, token::InboundToken};

#[cfg(feature = "http")]
pub use self::http::{Authentication, Authenticator, Denied, Stream, TlsAcceptor};

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

/// Connections to upstreams, opened before the server starts. The crate that opened them gets its own type back by
/// [`Outbound::as_any`].
pub trait Outbound: fmt::Debug + Send + Sync + 'static {
    /// Returns the implementation, to be downcast.
    fn as_any(&self) -> &dyn Any;
}

/// Caller of a request whose token was verified.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The caller that the token names.
    pub caller: Caller,
    /// The token, for token exchange only (RFC 8693).
    pub token: InboundToken,
}

#[cfg(feature = "http")]
mod http {
    use std::{fmt, io};

    use futures_util::future::BoxFuture;
    use hyper::{HeaderMap, Uri};
    use tokio::{
        io::{AsyncRead, AsyncWrite},
        net::TcpStream,
    };

    use crate::{
        call::caller::Caller,
        ports::{Authenticated, Revocations},
    };

    /// Verifies the tokens of HTTP requests for one protected resource.
    pub trait Authenticator: fmt::Debug + Send + Sync + 'static {
        /// Verifies the token of a request, and removes it from `headers`.
        fn authenticate<'a>(&'a self, uri: &'a Uri, headers: &mut HeaderMap) -> Authentication<'a>;

        /// Refuses the tokens that `revocations` revokes, from now on.
        fn apply(&mut self, revocations: std::sync::Arc<dyn Revocations>);

        /// Returns `host[:port]` of the resource, under which clients reach this server.
        fn host(&self) -> String;

        /// Returns `WWW-Authenticate` for a denied request (RFC 6750 §3); `None` if no token would help.
        fn challenge(&self, denied: &Denied) -> Option<String>;

        /// Returns `WWW-Authenticate` for a caller that needs `scopes`, separated by spaces (RFC 6750 §3.1).
        fn insufficient_scope(&self, scopes: &str) -> String;

        /// Returns the protected resource metadata (RFC 9728) for one of its well-known paths.
        fn metadata(&self, path: &str) -> Option<&str>;
    }

    /// Result of [`Authenticator::authenticate`], or its future.
    #[allow(missing_debug_implementations, reason = "it may hold a future")]
    pub enum Authentication<'a> {
        /// The result, available immediately, as for a token that was verified before.
        Ready(Result<Authenticated, Denied>),
        /// Future of the result, while the token is verified.
        Pending(BoxFuture<'a, Result<Authenticated, Denied>>),
    }

    /// Reason why a request is not authenticated.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Denied {
        /// The request has no bearer token.
        Missing,
        /// The request's credentials are malformed (RFC 6750 §2).
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

        /// Returns the message for the caller, which doesn't tell why a token is invalid.
        #[must_use]
        pub const fn message(&self) -> &'static str {
            match self {
                Denied::Missing => {
                    "a bearer token is needed: get one from an authorization server of this resource"
                }
                Denied::Malformed(message) => message,
                Denied::Invalid(_) | Denied::Revoked(_) => {
                    "the token isn't valid here: it may be expired, withdrawn, or another resource's"
                }
                Denied::Unreachable => {
                    "the token can't be checked, since its issuer doesn't answer: try again later"
                }
            }
        }

        /// Returns `reason` of the audit record.
        #[must_use]
        pub const fn reason(&self) -> &'static str {
            match self {
                Denied::Missing => "unauthenticated",
                Denied::Malformed(_) => "malformed_token",
                Denied::Invalid(_) | Denied::Revoked(_) => "invalid_token",
                Denied::Unreachable => "issuer_unreachable",
            }
        }

        /// Returns `detail` of the audit record.
        #[must_use]
        pub const fn detail(&self) -> Option<&'static str> {
            match self {
                Denied::Invalid(flaw) => Some(flaw),
                Denied::Revoked(_) => Some("revoked"),
                Denied::Missing | Denied::Malformed(_) | Denied::Unreachable => None,
            }
        }
    }

    /// TLS on the server's own listener.
    pub trait TlsAcceptor: fmt::Debug + Send + Sync + 'static {
        /// Completes the handshake of a connection.
        fn accept(&self, stream: TcpStream) -> BoxFuture<'_, io::Result<Box<dyn Stream>>>;
    }

    /// A decrypted connection.
    pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

    impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}
}
