//! What a caller is told whose token is missing, wrong, or says too little (RFC 6750 §3, RFC 9728 §5.1).

use super::{caller::Caller, jwt::Flaw};

/// Why a request isn't taken for anybody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// It has no bearer token.
    Missing,
    /// It isn't as a request with a token has to be.
    Malformed(&'static str),
    /// The token proves nothing; why is for the record.
    Invalid(Flaw),
    /// The token was good, and is revoked.
    Revoked(Box<Caller>),
    /// Nobody can say whether the token is good.
    Unreachable,
}

impl Denied {
    /// Its HTTP status.
    pub(crate) const fn status(&self) -> u16 {
        match self {
            Denied::Missing | Denied::Invalid(_) | Denied::Revoked(_) => 401,
            Denied::Malformed(_) => 400,
            Denied::Unreachable => 503,
        }
    }

    /// What the caller reads. It tells nobody why a token isn't taken.
    pub(crate) const fn message(&self) -> &'static str {
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

    /// What the record says.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Denied::Missing => "unauthenticated",
            Denied::Malformed(_) => "malformed_token",
            Denied::Invalid(_) | Denied::Revoked(_) => "invalid_token",
            Denied::Unreachable => "issuer_unreachable",
        }
    }

    /// And more of it.
    pub(crate) const fn detail(&self) -> Option<&'static str> {
        match self {
            Denied::Invalid(flaw) => Some(flaw),
            Denied::Revoked(_) => Some("revoked"),
            Denied::Missing | Denied::Malformed(_) | Denied::Unreachable => None,
        }
    }

    /// The `error` of a challenge; a request without a token gets none (RFC 6750 §3.1).
    const fn error(&self) -> Option<&'static str> {
        match self {
            Denied::Missing | Denied::Unreachable => None,
            Denied::Malformed(_) => Some("invalid_request"),
            Denied::Invalid(_) | Denied::Revoked(_) => Some("invalid_token"),
        }
    }

    /// The value of `WWW-Authenticate`, with the scopes that are worth asking for.
    pub(crate) fn challenge(&self, metadata: &str, scopes: &[String]) -> Option<String> {
        let scopes = scopes.join(" ");
        match self {
            Denied::Unreachable => None,
            Denied::Missing | Denied::Malformed(_) | Denied::Invalid(_) | Denied::Revoked(_) => {
                Some(bearer(self.error(), metadata, &scopes))
            }
        }
    }
}

/// The challenge to a caller whose token is good and lacks scopes: all that the operation needs, with those that
/// it holds, so that the next token does for both.
pub(crate) fn insufficient_scope(metadata: &str, scopes: &str) -> String {
    bearer(Some("insufficient_scope"), metadata, scopes)
}

/// Scopes and addresses hold no character that a quoted string would have to escape.
fn bearer(error: Option<&str>, metadata: &str, scopes: &str) -> String {
    let mut parts: Vec<String> = error.map(|error| format!("error=\"{error}\"")).into_iter().collect();
    if !scopes.is_empty() {
        parts.push(format!("scope=\"{scopes}\""));
    }
    parts.push(format!("resource_metadata=\"{metadata}\""));
    format!("Bearer {}", parts.join(", "))
}
