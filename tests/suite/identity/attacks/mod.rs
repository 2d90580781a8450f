//! Attacks with forged and invalid tokens, taken from published lists and from flaws of known libraries. Each module
//! sends its tokens to a [`Pair`]: a server and the issuer that it trusts.

mod claims;
mod header;
mod issuer_failures;
mod keys;
mod signature;
mod transport;

use serde_json::Value;

use super::{Pair, call, issuer_keys, measure, succeeded};
use crate::harness::Reply;

impl Pair {
    /// Calls the tool `measure`, which needs the scope `specimen:read`, with this token.
    fn call(&self, token: &str) -> Reply {
        call(&self.server, &[("Authorization", &format!("Bearer {token}"))])
    }

    /// Asserts that a call with each token succeeds.
    fn assert_accepts(&self, tokens: &[(&str, String)]) {
        let refused: Vec<String> = tokens
            .iter()
            .map(|(name, token)| (name, self.call(token)))
            .filter(|(_, reply)| !succeeded(reply))
            .map(|(name, reply)| format!("{name}: {} {}", reply.status, reply.body))
            .collect();
        assert!(refused.is_empty(), "refused, but must be accepted:\n{}", refused.join("\n"));
    }

    /// Returns `true` if the token names no key, or one that the issuer lists.
    fn lists_kid_of(&self, token: &str) -> bool {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap_or_default()).unwrap_or_default();
        let header: Value = serde_json::from_slice(&header).unwrap_or_default();
        header["kid"].as_str().is_none_or(|kid| self.issuer.lists(kid))
    }

    /// Asserts that each token is refused: with 401 and the same message, with 503 if the issuer lists no key with its
    /// `kid`, or with 400 if it lacks the syntax of a bearer token. Before and after the attacks, a valid token (the
    /// control case) must be accepted.
    fn assert_refuses(&self, tokens: &[(&str, String)]) {
        self.assert_accepts(&[("the control case", self.issuer.token())]);
        let mut wrong = Vec::new();
        // Every 401 must have this message. A message that depends on the token would help an attacker.
        let expected = refusal(&self.call("nonsense")).unwrap();
        for (name, token) in tokens {
            let reply = self.call(token);
            if !is_bearer_syntax(token) {
                // RFC 6750 §3.1: the request itself is malformed.
                let challenge = reply.header("www-authenticate").unwrap_or_default();
                if reply.status != 400 || !challenge.contains(r#"error="invalid_request""#) {
                    wrong.push(format!("{name}: {} {challenge}", reply.status));
                }
                continue;
            }
            match refusal(&reply) {
                Err(_) if is_undecided(&reply) && !self.lists_kid_of(token) => {}
                Err(what) => wrong.push(format!("{name}: {what}")),
                Ok(message) if expected != message => {
                    wrong.push(format!("{name}: another message: {message}"));
                }
                Ok(_) => {}
            }
        }
        assert!(
            wrong.is_empty(),
            "of {} attacks, these were not refused as expected:\n{}",
            tokens.len(),
            wrong.join("\n")
        );
        self.assert_accepts(&[("the control case, after the attacks", self.issuer.token())]);
    }
}

/// Returns `true` if a token was refused because its key isn't known, and the keys were last fetched for another one.
pub(super) fn is_undecided(reply: &Reply) -> bool {
    let wait = reply.header("retry-after").and_then(|wait| wait.parse().ok());
    reply.status == 503
        && wait.is_some_and(|seconds: u32| (1..=31).contains(&seconds))
        && reply.header("www-authenticate").is_none()
        && reply.body.contains("its key isn't known yet")
}

/// Returns `true` if the text has the syntax of a bearer token (RFC 6750 §2.1).
fn is_bearer_syntax(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-._~+/".contains(letter);
    !body.is_empty() && body.chars().all(is_letter)
}

/// Challenge and body of an `invalid_token` refusal, without the correlation id; an error for any other response.
pub(super) fn refusal(reply: &Reply) -> Result<String, String> {
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    let is_invalid_token = reply.status == 401
        && challenge.starts_with("Bearer ")
        && challenge.contains(r#"error="invalid_token""#)
        && challenge.contains("resource_metadata=\"");
    if !is_invalid_token {
        return Err(format!("{} {challenge:?} {}", reply.status, reply.body));
    }
    let mut body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
    if let Some(data) = body["error"]["data"].as_object_mut() {
        data.remove("dev.mcp-tool/correlationId");
    }
    Ok(format!("{challenge} {body}"))
}
