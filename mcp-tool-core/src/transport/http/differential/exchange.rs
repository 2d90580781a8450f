//! One request, as it is sent to both sides.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::Value;

use super::mirror;

/// What a request is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// As the specification has it.
    Good,
    /// Wrong, and written as usual.
    Bad,
    /// Written as nobody writes, right or wrong.
    Odd,
    /// Good bytes, some of them changed.
    Mutated,
}

/// The revision that a request is made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    Legacy,
    Modern,
}

pub(super) const MODERN: &str = "2026-07-28";
pub(super) const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub(super) const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) kind: Kind,
    /// What was done to it.
    pub(super) form: String,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Bytes of each chunk, where it is sent in chunks.
    pub(super) chunk: Option<usize>,
}

impl Exchange {
    /// A request with the headers that go with its message.
    pub(super) fn of(kind: Kind, form: impl Into<String>, message: &Value, body: impl Into<Vec<u8>>) -> Self {
        Exchange {
            kind,
            form: form.into(),
            method: "POST",
            path: "/mcp",
            headers: headers(message),
            body: body.into(),
            chunk: None,
        }
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
    }

    /// The only value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        let value = values.next().map(|(_, value)| value.as_str());
        value.filter(|_| values.next().is_none())
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: 127.0.0.1\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match self.chunk {
            Some(_) => head.push_str("transfer-encoding: chunked\r\n\r\n"),
            None => head.push_str(&format!("content-length: {}\r\n\r\n", self.body.len())),
        }
        let mut bytes = head.into_bytes();
        match self.chunk {
            None => bytes.extend(&self.body),
            Some(most) => {
                for chunk in self.body.chunks(most) {
                    bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                }
                bytes.extend(b"0\r\n\r\n");
            }
        }
        bytes
    }
}

/// The headers that mirror a message, where it is a modern one.
fn headers(message: &Value) -> Vec<(String, String)> {
    let mut headers = vec![
        ("Content-Type".to_owned(), "application/json".to_owned()),
        ("Accept".to_owned(), "application/json, text/event-stream".to_owned()),
    ];
    let method = message["method"].as_str().unwrap_or_default();
    let params = &message["params"];
    match params["_meta"][META_VERSION].as_str() {
        None => {}
        Some(version) => {
            headers.push(("MCP-Protocol-Version".to_owned(), version.to_owned()));
            headers.push(("Mcp-Method".to_owned(), method.to_owned()));
            let name = match method {
                "resources/read" => params["uri"].as_str(),
                _ => params["name"].as_str(),
            };
            if let Some(name) = name {
                headers.push(("Mcp-Name".to_owned(), encoded(name)));
            }
            headers.extend(mirror::headers(params));
        }
    }
    headers
}

/// A header's value, in Base64 where it can't stand as it is.
pub(super) fn encoded(name: &str) -> String {
    let stands = name.bytes().all(|byte| matches!(byte, b' '..=b'~')) && name.trim() == name;
    if stands { name.to_owned() } else { format!("=?base64?{}?=", BASE64.encode(name)) }
}
