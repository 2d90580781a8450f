//! Values of the header `WWW-Authenticate`, called challenges (RFC 6750 §3, RFC 9728 §5.1).

use mcp_tool_core::ports::Denied;

/// Returns the challenge for a denied request. Returns `None` if the token can't be verified now, because another token
/// wouldn't help. `metadata` is the URL of the protected resource metadata. `scopes` are the scopes that a client
/// should request for its first token.
pub(crate) fn denied(denied: &Denied, metadata: &str, scopes: &[String]) -> Option<String> {
    // A request without a token gets no `error` (RFC 6750 §3.1).
    let error = match denied {
        Denied::Unreachable | Denied::UnknownKey { .. } => return None,
        Denied::Missing => None,
        Denied::Malformed(_) => Some("invalid_request"),
        Denied::Invalid(_) | Denied::Revoked(_) => Some("invalid_token"),
    };
    Some(bearer(error, metadata, &scopes.join(" ")))
}

/// Returns the challenge for a valid token that lacks scopes. `scopes` contains the scopes of the token and those that
/// the operation needs, so that the client requests both for its next token.
pub(crate) fn insufficient_scope(metadata: &str, scopes: &str) -> String {
    bearer(Some("insufficient_scope"), metadata, scopes)
}

/// Formats a `Bearer` challenge. Nothing is escaped, because neither scopes nor URLs contain `"` or `\`.
fn bearer(error: Option<&str>, metadata: &str, scopes: &str) -> String {
    let mut parts: Vec<String> = error.map(|error| format!("error=\"{error}\"")).into_iter().collect();
    if !scopes.is_empty() {
        parts.push(format!("scope=\"{scopes}\""));
    }
    parts.push(format!("resource_metadata=\"{metadata}\""));
    format!("Bearer {}", parts.join(", "))
}
