//! Challenges of `WWW-Authenticate` (RFC 6750 §3, RFC 9728 §5.1).

use mcp_tool_core::ports::Denied;

/// Returns the challenge for a denied request, or `None` if no token would help. `scopes` are those that a client
/// without a token should request.
pub(crate) fn denied(denied: &Denied, metadata: &str, scopes: &[String]) -> Option<String> {
    // A request without a token gets no `error` (RFC 6750 §3.1).
    let error = match denied {
        Denied::Unreachable => return None,
        Denied::Missing => None,
        Denied::Malformed(_) => Some("invalid_request"),
        Denied::Invalid(_) | Denied::Revoked(_) => Some("invalid_token"),
    };
    Some(bearer(error, metadata, &scopes.join(" ")))
}

/// Returns the challenge for a valid token that lacks scopes. `scopes` are those that the operation needs and those that
/// the token has, so that the next token has both.
pub(crate) fn insufficient_scope(metadata: &str, scopes: &str) -> String {
    bearer(Some("insufficient_scope"), metadata, scopes)
}

/// Formats a `Bearer` challenge. Scopes and URLs contain no character that needs an escape in a quoted string.
fn bearer(error: Option<&str>, metadata: &str, scopes: &str) -> String {
    let mut parts: Vec<String> = error.map(|error| format!("error=\"{error}\"")).into_iter().collect();
    if !scopes.is_empty() {
        parts.push(format!("scope=\"{scopes}\""));
    }
    parts.push(format!("resource_metadata=\"{metadata}\""));
    format!("Bearer {}", parts.join(", "))
}
