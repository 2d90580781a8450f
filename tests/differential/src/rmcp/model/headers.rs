//! Second implementation of the headers that mirror arguments.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};

use super::{Classified, arguments};
use crate::{
    json_tree::Json,
    rmcp::exchange::{Exchange, encoded},
};

/// Arguments of `mirrored`, and the headers that mirror them.
const MIRRORED: [(&str, &str); 3] =
    [("region", "Mcp-Param-Region"), ("row", "Mcp-Param-Row"), ("trial", "Mcp-Param-Dry-Run")];

/// Returns `true` for `mirrored` and `mirrored_v1`, the two names of the tool whose arguments headers mirror.
fn has_headers(tool: Option<&str>) -> bool {
    tool.is_some_and(|tool| tool.starts_with("mirrored"))
}

/// Returns the headers that a client sends with these parameters of a call.
pub(crate) fn of_arguments(params: &Value) -> impl Iterator<Item = (String, String)> {
    let of = |(name, header): (&str, &str)| {
        let value = match &params["arguments"][name] {
            Value::String(text) => encoded(text),
            value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        Some((header.to_owned(), value))
    };
    let all = if has_headers(params["name"].as_str()) { &MIRRORED[..] } else { &[] };
    all.iter().copied().filter_map(of).collect::<Vec<_>>().into_iter()
}

/// Returns `false` for a modern call of `mirrored` in which a header is missing, superfluous or different from its
/// argument, and `true` for any other request.
pub(crate) fn agree(exchange: &Exchange, request: &Classified) -> bool {
    !has_headers(request.tool())
        || request.version().is_none()
        || MIRRORED.iter().all(|(name, header)| {
            let values: Vec<&str> = exchange
                .headers
                .iter()
                .filter(|(given, _)| given.eq_ignore_ascii_case(header))
                .map(|(_, value)| value.trim_matches([' ', '\t']))
                .collect();
            // If the argument occurs twice, this is the last one. Such a call is refused anyway.
            let argument = match request.arguments() {
                Some(Json::Object(members)) => {
                    members.iter().rfind(|(given, _)| given == name).map(|(_, value)| value)
                }
                _ => None,
            };
            match (argument.filter(|argument| **argument != Json::Null), &values[..]) {
                // No header mirrors a list or an object.
                (None | Some(Json::List(_) | Json::Object(_)), []) => true,
                (Some(argument), [value]) => matches(value, argument),
                _ => false,
            }
        })
}

/// Returns `true` if the value of a header equals the value of an argument.
fn matches(value: &str, argument: &Json) -> bool {
    if !value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
        return false;
    }
    let value = match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        None => value.to_owned(),
        Some(encoded) => match BASE64.decode(encoded).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(_)) | Err(_) => return false,
        },
    };
    let whole = |written: &str| arguments::integer(&json!({}), written).ok();
    match argument {
        Json::Text(text) => *text == value,
        Json::Bool(argument) => value == argument.to_string(),
        Json::Number(written) if *written == value => true,
        Json::Number(written) => match Json::parse(value.as_bytes()) {
            Some(Json::Number(value)) => whole(written).is_some_and(|written| whole(&value) == Some(written)),
            _ => false,
        },
        Json::Null | Json::LoneSurrogate | Json::List(_) | Json::Object(_) => false,
    }
}
