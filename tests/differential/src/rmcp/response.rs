//! Responses of the two compared servers, in a form in which they can be equal.

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use super::client::RawResponse;

/// A response in which generated values, such as ids, are replaced, so that two responses can be equal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Values of the compared headers, by name in lower case.
    pub(crate) headers: BTreeMap<String, Vec<String>>,
    pub(crate) body: Body,
}

/// A body by its media type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    Empty,
    Json(Value),
    /// Data of the events of an SSE stream.
    Events(Vec<Value>),
    Text(String),
}

/// Returns `true` for a header that is compared. Others, such as `date`, may differ.
fn is_compared(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "allow",
        "cache-control",
        "connection",
        "content-encoding",
        "content-type",
        "vary",
        "retry-after",
        "www-authenticate",
        "x-accel-buffering",
    ];
    NAMES.contains(&name) || name.starts_with("mcp-") || name.starts_with("access-control-")
}

impl Response {
    /// Returns the comparable form of a response.
    pub(crate) fn of(raw: &RawResponse) -> Self {
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in raw.headers.iter().filter(|(name, _)| is_compared(name)) {
            headers.entry(name.clone()).or_default().push(value.clone());
        }
        let media_type = raw.header("content-type").unwrap_or_default();
        let text = String::from_utf8(raw.body.clone()).expect("a response in UTF-8");
        let mut body = match media_type {
            _ if text.is_empty() => Body::Empty,
            "application/json" => Body::Json(serde_json::from_str(&text).expect("JSON")),
            "text/event-stream" => Body::Events(events(&text)),
            _ => Body::Text(text),
        };
        match &mut body {
            Body::Json(json) => replace_generated(json),
            Body::Events(events) => events.iter_mut().for_each(replace_generated),
            Body::Empty | Body::Text(_) => {}
        }
        Response { status: raw.status, headers, body }
    }

    /// Returns the JSON-RPC response: the body, or the last event of a stream; `None` if the body is empty or plain
    /// text.
    pub(crate) fn message(&self) -> Option<&Value> {
        match &self.body {
            Body::Json(json) => Some(json),
            Body::Events(events) => events.last(),
            Body::Empty | Body::Text(_) => None,
        }
    }

    /// Returns the same message as [`Response::message`], mutable.
    pub(crate) fn message_mut(&mut self) -> Option<&mut Value> {
        match &mut self.body {
            Body::Json(json) => Some(json),
            Body::Events(events) => events.last_mut(),
            Body::Empty | Body::Text(_) => None,
        }
    }

    /// Returns the code of the JSON-RPC error; `None` if the response has none.
    pub(crate) fn code(&self) -> Option<i64> {
        self.message()?.pointer("/error/code")?.as_i64()
    }

    /// Returns the HTTP status, and the JSON-RPC error code or the kind of the body.
    pub(crate) fn summary(&self) -> String {
        let content = match (self.code(), &self.body) {
            (Some(code), _) => code.to_string(),
            (None, Body::Json(json)) if json["result"]["isError"] == true => {
                format!(
                    "isError {}",
                    json["result"]["_meta"]["dev.mcp-tool/error"]["kind"].as_str().unwrap_or_default()
                )
            }
            (None, Body::Json(_)) => "result".to_owned(),
            (None, Body::Events(events)) => format!("{} events", events.len()),
            (None, Body::Text(_)) => "text".to_owned(),
            (None, Body::Empty) => "empty".to_owned(),
        };
        format!("{} {content}", self.status)
    }
}

/// Parses the events of a stream.
fn events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
    data.filter(|data| !data.is_empty()).map(|data| serde_json::from_str(data).expect("JSON")).collect()
}

/// Replaces generated values, such as ids and cursors, by a description. An id of a wrong form and a short cursor stay,
/// so that the comparison fails.
fn replace_generated(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), &*member) {
                    ("dev.mcp-tool/correlationId", Value::String(id)) if is_uuid_v7(id) => {
                        *member = "a UUID of version 7".into();
                    }
                    // A cursor is encrypted (sealed), so each server returns a different text.
                    ("next_cursor", Value::String(cursor)) if cursor.len() > 40 => {
                        *member = "a sealed cursor".into();
                    }
                    // The progress token `-0` is a valid integer. We echo it as it was written; rmcp echoes 0.
                    ("progressToken", Value::Number(token)) if token.as_f64() == Some(0.0) => {
                        *member = 0.into();
                    }
                    _ => replace_generated(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(replace_generated),
        Value::String(text) => {
            const BEFORE: &str = "(correlation id ";
            if let Some((before, after)) = text.split_once(BEFORE)
                && let Some((id, after)) = after.split_once(')')
                && is_uuid_v7(id)
            {
                *text = format!("{before}{BEFORE}a UUID of version 7){after}");
            }
            // The text of a result repeats its JSON, the cursor included.
            if let Some((before, after)) = text.split_once(r#""next_cursor":""#)
                && let Some((_, after)) = after.split_once('"')
            {
                *text = format!(r#"{before}"next_cursor":"a sealed cursor"{after}"#);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns `true` for a UUID of version 7.
fn is_uuid_v7(id: &str) -> bool {
    Uuid::parse_str(id).is_ok_and(|id| id.get_version_num() == 7)
}
