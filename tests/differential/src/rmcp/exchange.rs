//! HTTP requests that are sent to both servers.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::Value;

use super::model::headers as parameter_headers;

/// Kind of a generated request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Category {
    /// Valid by the specification, in a usual spelling.
    Valid,
    /// Invalid, in a usual spelling.
    Invalid,
    /// Valid or invalid, in a form that few clients use.
    Unusual,
    /// A valid request with a few changed bytes.
    Mutated,
}

/// Protocol era of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Era {
    /// 2025-11-25 and earlier.
    Legacy,
    /// 2026-07-28.
    Modern,
}

/// The revision of the modern era.
pub(crate) const MODERN: &str = "2026-07-28";
/// Keys of `_meta`. [`META_REQUIRES`] is ours: it requires a version of the called tool.
pub(crate) const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub(crate) const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
pub(crate) const META_CLIENT: &str = "io.modelcontextprotocol/clientInfo";
pub(crate) const META_LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
pub(crate) const META_REQUIRES: &str = "dev.mcp-tool/requires";

/// A generated request.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) category: Category,
    /// Description of what is special about the request, for reports.
    pub(crate) variation: String,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Size of the chunks in bytes, if the body is sent chunked.
    pub(crate) chunk: Option<usize>,
}

impl Exchange {
    /// Returns a POST request with this body, and with the headers that a client sends with `message`. The body may
    /// contradict `message`.
    pub(crate) fn of(
        category: Category,
        variation: impl Into<String>,
        message: &Value,
        body: impl Into<Vec<u8>>,
    ) -> Self {
        Exchange {
            category,
            variation: variation.into(),
            method: "POST",
            path: "/mcp",
            headers: headers(message),
            body: body.into(),
            chunk: None,
        }
    }

    /// Sets a header, and removes other values of it.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Removes a header.
    pub(crate) fn unset(&mut self, name: &str) {
        self.headers.retain(|(given, _)| !given.eq_ignore_ascii_case(name));
    }

    /// Returns the value of a header; `None` if the header is absent or occurs more than once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        let value = values.next().map(|(_, value)| value.as_str());
        value.filter(|_| values.next().is_none())
    }

    /// Returns the bytes that are sent: head and body.
    pub(crate) fn bytes(&self) -> Vec<u8> {
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
            Some(size) => {
                for chunk in self.body.chunks(size) {
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

/// Returns the headers that a client sends with a message: `Content-Type` and `Accept`, and in the modern era also the
/// headers that repeat parts of the message.
fn headers(message: &Value) -> Vec<(String, String)> {
    let mut headers = vec![
        ("Content-Type".to_owned(), "application/json".to_owned()),
        ("Accept".to_owned(), "application/json, text/event-stream".to_owned()),
    ];
    let method = message["method"].as_str().unwrap_or_default();
    let params = &message["params"];
    if let Some(version) = params["_meta"][META_VERSION].as_str() {
        headers.push(("MCP-Protocol-Version".to_owned(), version.to_owned()));
        headers.push(("Mcp-Method".to_owned(), method.to_owned()));
        let name = match method {
            "resources/read" => params["uri"].as_str(),
            _ => params["name"].as_str(),
        };
        if let Some(name) = name {
            headers.push(("Mcp-Name".to_owned(), encoded(name)));
        }
        headers.extend(parameter_headers::of_arguments(params));
    }
    headers
}

/// Returns the header value of a text. It is in Base64 (`=?base64?…?=`) if the text has characters other than printable
/// ASCII, or white space at its start or end.
pub(crate) fn encoded(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && text.trim() == text;
    if is_plain { text.to_owned() } else { format!("=?base64?{}?=", BASE64.encode(text)) }
}
