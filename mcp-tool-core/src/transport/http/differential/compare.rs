//! Answers as they are compared.

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use super::client::Reply;

/// An answer without what differs from one to the next.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, Vec<String>>,
    pub(super) body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    Empty,
    Json(Value),
    Events(Vec<Value>),
    Text(String),
}

/// Headers that say something to a client.
fn matters(name: &str) -> bool {
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

impl Answer {
    pub(super) fn of(reply: &Reply) -> Self {
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in reply.headers.iter().filter(|(name, _)| matters(name)) {
            headers.entry(name.clone()).or_default().push(value.clone());
        }
        let kind = reply.header("content-type").unwrap_or_default();
        let text = String::from_utf8(reply.body.clone()).expect("an answer in UTF-8");
        let mut body = match kind {
            _ if text.is_empty() => Body::Empty,
            "application/json" => Body::Json(serde_json::from_str(&text).expect("JSON")),
            "text/event-stream" => Body::Events(events(&text)),
            _ => Body::Text(text),
        };
        match &mut body {
            Body::Json(json) => by_shape(json),
            Body::Events(events) => events.iter_mut().for_each(by_shape),
            Body::Empty | Body::Text(_) => {}
        }
        Answer { status: reply.status, headers, body }
    }

    /// The message that answers: the whole body, or the last event.
    pub(super) fn message(&self) -> Option<&Value> {
        match &self.body {
            Body::Json(json) => Some(json),
            Body::Events(events) => events.last(),
            Body::Empty | Body::Text(_) => None,
        }
    }

    pub(super) fn message_mut(&mut self) -> Option<&mut Value> {
        match &mut self.body {
            Body::Json(json) => Some(json),
            Body::Events(events) => events.last_mut(),
            Body::Empty | Body::Text(_) => None,
        }
    }

    /// The code of a JSON-RPC error.
    pub(super) fn code(&self) -> Option<i64> {
        self.message()?.pointer("/error/code")?.as_i64()
    }

    /// Status and what it carries, in short.
    pub(super) fn gist(&self) -> String {
        let what = match (self.code(), &self.body) {
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
        format!("{} {what}", self.status)
    }
}

/// The JSON of a stream's events.
fn events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
    data.filter(|data| !data.is_empty()).map(|data| serde_json::from_str(data).expect("JSON")).collect()
}

/// Puts what is made anew for each answer by its shape: it has to be there, and to be what it says.
fn by_shape(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), &*member) {
                    ("dev.mcp-tool/correlationId", Value::String(id)) if is_time_ordered(id) => {
                        *member = "a UUID of version 7".into();
                    }
                    ("next_cursor", Value::String(cursor)) if cursor.len() > 40 => {
                        *member = "a sealed cursor".into();
                    }
                    // A token of `-0` is an integer; ours echoes its text, and rmcp its value.
                    ("progressToken", Value::Number(token)) if token.as_f64() == Some(0.0) => {
                        *member = 0.into();
                    }
                    _ => by_shape(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(by_shape),
        Value::String(text) => {
            const BEFORE: &str = "(correlation id ";
            if let Some((before, after)) = text.split_once(BEFORE)
                && let Some((id, after)) = after.split_once(')')
                && is_time_ordered(id)
            {
                *text = format!("{before}{BEFORE}a UUID of version 7){after}");
            }
            // A result's text is its JSON once more.
            if let Some((before, after)) = text.split_once(r#""next_cursor":""#)
                && let Some((_, after)) = after.split_once('"')
            {
                *text = format!(r#"{before}"next_cursor":"a sealed cursor"{after}"#);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_time_ordered(id: &str) -> bool {
    Uuid::parse_str(id).is_ok_and(|id| id.get_version_num() == 7)
}
