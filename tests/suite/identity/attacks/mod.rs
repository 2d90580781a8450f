//! Attacks on tokens, from the published lists and from what libraries were seen to take.

mod claims;
mod header;
mod keys;
mod signature;
mod transport;
mod unreachable;

use serde_json::Value;

use super::{Pair, call, known, measure, opened};
use crate::harness::Reply;

impl Pair {
    fn call(&self, token: &str) -> Reply {
        call(&self.server, &[("Authorization", &format!("Bearer {token}"))])
    }

    /// Each of them opens a tool that wants a scope.
    fn takes(&self, tokens: &[(&str, String)]) {
        let refused: Vec<String> = tokens
            .iter()
            .map(|(name, token)| (name, self.call(token)))
            .filter(|(_, reply)| !opened(reply))
            .map(|(name, reply)| format!("{name}: {} {}", reply.status, reply.body))
            .collect();
        assert!(refused.is_empty(), "refused, and should be taken:\n{}", refused.join("\n"));
    }

    /// None of them opens anything, and all are refused in the same words.
    fn refuses(&self, tokens: &[(&str, String)]) {
        self.takes(&[("the control case", self.issuer.token())]);
        let mut wrong = Vec::new();
        // What is said of a word that never was a token says nothing of what is wrong with one.
        let words = refusal(&self.call("nonsense")).unwrap();
        for (name, token) in tokens {
            let reply = self.call(token);
            if !could_be_one(token) {
                // RFC 6750 §3.1: the request is malformed, before any token is looked at.
                let challenge = reply.header("www-authenticate").unwrap_or_default();
                if reply.status != 400 || !challenge.contains(r#"error="invalid_request""#) {
                    wrong.push(format!("{name}: {} {challenge}", reply.status));
                }
                continue;
            }
            match refusal(&reply) {
                Err(what) => wrong.push(format!("{name}: {what}")),
                Ok(said) if words != said => wrong.push(format!("{name}: other words: {said}")),
                Ok(_) => {}
            }
        }
        assert!(wrong.is_empty(), "of {} attacks:\n{}", tokens.len(), wrong.join("\n"));
        self.takes(&[("the control case, after them", self.issuer.token())]);
    }
}

/// Whether it has the characters of a bearer token (RFC 6750 §2.1).
fn could_be_one(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-._~+/".contains(letter);
    !body.is_empty() && body.chars().all(is_letter)
}

/// What a refusal says, its correlation id apart; an error when it isn't the refusal of a bad token.
pub(super) fn refusal(reply: &Reply) -> Result<String, String> {
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    let is_right = reply.status == 401
        && challenge.starts_with("Bearer ")
        && challenge.contains(r#"error="invalid_token""#)
        && challenge.contains("resource_metadata=\"");
    if !is_right {
        return Err(format!("{} {challenge:?} {}", reply.status, reply.body));
    }
    let mut body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
    if let Some(data) = body["error"]["data"].as_object_mut() {
        data.remove("dev.mcp-tool/correlationId");
    }
    Ok(format!("{challenge} {body}"))
}
