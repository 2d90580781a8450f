//! What a client is asked, and how its answer is read.

use mcp_tool_contract::{digest::Digest, read::violation::shown};
use serde_json::{Value, json};

use super::{Capability, Reply};

/// One request to the client, by the key under which it answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Question {
    pub(crate) key: String,
    /// What the client has to be able to do.
    pub(crate) needs: Capability,
    pub(crate) params: Value,
    /// Its answer is taken without the state that was sealed with it.
    pub(crate) stateless: bool,
    /// What was wrong with the answer before, where it is asked again.
    pub(crate) again: Option<String>,
}

impl Question {
    pub(super) fn form(key: &str, message: &str, schema: Value) -> Self {
        let params = json!({ "mode": "form", "message": message, "requestedSchema": schema });
        Question::other(Capability::Form, key, params)
    }

    pub(super) fn url(url: &str, message: &str) -> Self {
        let params = json!({ "mode": "url", "message": message, "url": url });
        Question::other(Capability::Url, "open", params)
    }

    pub fn other(needs: Capability, key: &str, params: Value) -> Self {
        Question { key: key.to_owned(), needs, params, stateless: false, again: None }
    }

    /// The method that asks it.
    pub(crate) const fn method(&self) -> &'static str {
        match self.needs {
            Capability::Form | Capability::Url | Capability::Tasks => "elicitation/create",
            Capability::Sampling => "sampling/createMessage",
            Capability::Roots => "roots/list",
        }
    }

    /// As it stands among the requests of a result (`InputRequest`).
    pub(crate) fn request(&self) -> Value {
        let mut params = self.params.clone();
        if let (Some(reason), Some(message)) = (&self.again, self.params["message"].as_str()) {
            params["message"] = format!("{message}\n\nThe answer before could not be used:\n{reason}").into();
        }
        json!({ "method": self.method(), "params": params })
    }

    /// What an answer is to: another wording is another question.
    pub(crate) fn digest(&self) -> String {
        Digest::of_bytes(format!("{} {}", self.method(), self.params).as_bytes()).to_string()
    }
}

/// What was done with a form or a page (`ElicitResult`).
pub(super) fn action<T>(
    answer: &Value,
    accepted: impl FnOnce(&Value) -> Result<T, String>,
) -> Result<Reply<T>, String> {
    match answer.get("action").and_then(Value::as_str) {
        Some("accept") => accepted(answer).map(Reply::Accepted),
        Some("decline") => Ok(Reply::Declined),
        Some("cancel") => Ok(Reply::Cancelled),
        _ => Err("`action` is one of accept, decline and cancel".into()),
    }
}

pub(super) fn opened(_: &Question, answer: &Value) -> Result<Reply<()>, String> {
    action(answer, |_| Ok(()))
}

/// The text of `CreateMessageResult`.
pub(super) fn sampled(_: &Question, answer: &Value) -> Result<Reply<String>, String> {
    let content = &answer["content"];
    let pieces = content.as_array().map_or(std::slice::from_ref(content), Vec::as_slice);
    let texts: Vec<&str> = pieces.iter().filter_map(|piece| piece["text"].as_str()).collect();
    match texts.is_empty() {
        true => Err("a message has `content` with a text".into()),
        false => Ok(Reply::Accepted(texts.join("\n"))),
    }
}

/// The URIs of `ListRootsResult`.
pub(super) fn roots(_: &Question, answer: &Value) -> Result<Reply<Vec<String>>, String> {
    let roots = answer["roots"].as_array().ok_or("`roots` is a list")?;
    let uris = roots.iter().map(|root| root["uri"].as_str().map(str::to_owned));
    uris.collect::<Option<_>>().map(Reply::Accepted).ok_or_else(|| "each root has a `uri`".into())
}

/// A page that a person may be sent to: HTTPS, or on this machine, without a user's name or password in it.
pub(super) fn check_url(url: &str) -> Result<(), String> {
    let refused = |reason: &str| Err(format!("{} can't be opened: {reason}", shown(url)));
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    // Other letters are spelled by their bytes, and hosts by Punycode: what looks like another host isn't shown.
    if !url.bytes().all(|byte| byte.is_ascii_graphic()) || url.len() > 2_048 {
        return refused("a URL has letters of ASCII and no spaces, and at most 2,048 of them");
    }
    let is_literal = |host: &str| {
        let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        literal.is_some_and(|literal| literal.parse::<std::net::Ipv6Addr>().is_ok())
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let is_host = is_literal(host) || (!host.is_empty() && host.bytes().all(is_name));
    if !is_host || port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return refused("it names a host, and no user");
    }
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok(()),
        "http" if is_here => Ok(()),
        _ => refused("it must be `https`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_https_or_here() {
        for url in ["https://example.com/a?b#c", "http://127.0.0.1:8080/x", "http://[::1]/", "HTTPS://a"] {
            assert_eq!(check_url(url), Ok(()), "{url}");
        }
        let refused = [
            "http://example.com/",
            "https://user@example.com/",
            "https://a:b@example.com/",
            "javascript:alert(1)",
            "https://",
            "https:///path",
            "https://example.com/ b",
            "data:text/html,x",
            "http://127.0.0.1.example.com/",
            "http://localhost@example.com/",
            "http://[::1].example.com/",
            "http://[::1]example.com/",
            "https://[example/",
            "http://127.0.0.1:99999/",
            "https://exam\u{202e}ple.com/",
            "https://ex\u{e4}mple.com/",
            "https://example.com\\@other.com/",
        ];
        for url in refused {
            assert!(check_url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn another_wording_is_another_question() {
        let question = |message: &str| Question::form("confirm", message, json!({ "type": "object" }));
        assert_eq!(question("Delete 1?").digest(), question("Delete 1?").digest());
        assert_ne!(question("Delete 1?").digest(), question("Delete 2?").digest());
    }
}
