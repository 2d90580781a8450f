//! Questions as requests to the client, and parsers of the client's results.

use mcp_tool_contract::{digest::Digest, read::violation::escaped_excerpt};
use serde_json::{Value, json};

use super::{Capability, Reply};

/// Parser of the answer to a question. Its error says what is wrong with the answer. If the question is a form or a
/// page, the person sees this error when the question is asked again.
pub(super) type ReadAnswer<T> = fn(&Question, &Value) -> Result<Reply<T>, String>;

/// A question: a request to the client, with the key under which the client sends the answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Question {
    pub(crate) key: String,
    /// Capability that the client must have declared.
    pub(crate) needs: Capability,
    /// `params` of the request.
    pub(crate) params: Value,
    /// True if an answer without the encrypted `requestState` is accepted too.
    pub(crate) stateless: bool,
    /// The error of [`ReadAnswer`] for the last answer; `None` if there was no answer yet.
    pub(crate) last_error: Option<String>,
}

impl Question {
    pub(super) fn form(key: &str, message: &str, schema: Value) -> Self {
        let params = json!({ "mode": "form", "message": message, "requestedSchema": schema });
        Question::new(Capability::Form, key, params)
    }

    pub(super) fn url(url: &str, message: &str) -> Self {
        let params = json!({ "mode": "url", "message": message, "url": url });
        Question::new(Capability::Url, "open", params)
    }

    pub(super) fn new(needs: Capability, key: &str, params: Value) -> Self {
        Question { key: key.to_owned(), needs, params, stateless: false, last_error: None }
    }

    /// Returns the method of the request.
    pub(crate) const fn method(&self) -> &'static str {
        match self.needs {
            // No question needs `Tasks`, but `match` requires an arm for it.
            Capability::Form | Capability::Url | Capability::Tasks => "elicitation/create",
            Capability::Sampling => "sampling/createMessage",
            Capability::Roots => "roots/list",
        }
    }

    /// Returns the request as JSON (`InputRequest`). A form or URL question shows `last_error` after its message.
    pub(crate) fn request(&self) -> Value {
        let mut params = self.params.clone();
        if let (Some(reason), Some(message)) = (&self.last_error, self.params["message"].as_str()) {
            params["message"] = format!("{message}\n\nThe last answer could not be used:\n{reason}").into();
        }
        json!({ "method": self.method(), "params": params })
    }

    /// Returns the digest of method and parameters, by which a repeated call recognizes the question
    /// that an answer is for. Questions with different wording have different digests. `last_error`
    /// isn't part of the digest, so a question that is asked again keeps its digest.
    pub(crate) fn digest(&self) -> String {
        Digest::of_bytes(format!("{} {}", self.method(), self.params).as_bytes()).to_string()
    }
}

/// Parses an `ElicitResult`. `read_accepted` parses the result if the person accepted.
pub(super) fn read_elicitation<T>(
    answer: &Value,
    read_accepted: impl FnOnce(&Value) -> Result<T, String>,
) -> Result<Reply<T>, String> {
    match answer.get("action").and_then(Value::as_str) {
        Some("accept") => read_accepted(answer).map(Reply::Accepted),
        Some("decline") => Ok(Reply::Declined),
        Some("cancel") => Ok(Reply::Cancelled),
        _ => Err("`action` must be `accept`, `decline` or `cancel`".into()),
    }
}

/// Parses the `ElicitResult` of a URL question, which has no content.
pub(super) fn read_action(_: &Question, answer: &Value) -> Result<Reply<()>, String> {
    read_elicitation(answer, |_| Ok(()))
}

/// Parses a `CreateMessageResult` into its text. Several texts are joined by line breaks.
pub(super) fn read_sample(_: &Question, answer: &Value) -> Result<Reply<String>, String> {
    let content = &answer["content"];
    let pieces = content.as_array().map_or(std::slice::from_ref(content), Vec::as_slice);
    let texts: Vec<&str> = pieces.iter().filter_map(|piece| piece["text"].as_str()).collect();
    match texts.is_empty() {
        true => Err("`content` must have a text".into()),
        false => Ok(Reply::Accepted(texts.join("\n"))),
    }
}

/// Parses a `ListRootsResult` into the URIs of the roots.
pub(super) fn read_roots(_: &Question, answer: &Value) -> Result<Reply<Vec<String>>, String> {
    let roots = answer["roots"].as_array().ok_or("`roots` must be an array")?;
    let uris = roots.iter().map(|root| root["uri"].as_str().map(str::to_owned));
    uris.collect::<Option<_>>().map(Reply::Accepted).ok_or_else(|| "each of `roots` must have a `uri`".into())
}

/// Accepts `https` URLs, and `http` URLs whose host is this machine. Refuses URLs with a user name
/// or password, with characters other than printable ASCII, or of more than 2,048 bytes.
///
/// # Errors
/// The reason, which names the URL.
pub(super) fn check_url(url: &str) -> Result<(), String> {
    let refused = |reason: &str| Err(format!("{} can't be opened: {reason}", escaped_excerpt(url)));
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // An IPv6 address in brackets contains colons. If the text after the last colon ends with `]`,
    // there is no port.
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    // In an ASCII URL, non-ASCII letters are percent-encoded or in Punycode, so they can't imitate the name of another
    // host.
    if !url.bytes().all(|byte| byte.is_ascii_graphic()) || url.len() > 2_048 {
        return refused("it must be ASCII without spaces, 2,048 bytes at most");
    }
    let is_ipv6 = |host: &str| {
        let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        literal.is_some_and(|literal| literal.parse::<std::net::Ipv6Addr>().is_ok())
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let is_host = is_ipv6(host) || (!host.is_empty() && host.bytes().all(is_name));
    if !is_host || port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return refused("it must have a valid host and port, and no user");
    }
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok(()),
        "http" if is_loopback => Ok(()),
        _ => refused("it must be `https`, or `http` on this machine"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_to_open_must_be_https_or_http_on_this_machine() {
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
            assert!(check_url(url).is_err(), "a URL that must be refused was accepted: {url}");
        }
    }

    #[test]
    fn questions_with_different_wording_have_different_digests() {
        let question = |message: &str| Question::form("confirm", message, json!({ "type": "object" }));
        assert_eq!(question("Delete 1?").digest(), question("Delete 1?").digest());
        assert_ne!(question("Delete 1?").digest(), question("Delete 2?").digest());
    }
}
