//! Adapts messages between clients and rmcp, whose types are stricter than the protocol.
//!
//! rmcp keeps ids and progress tokens as 64-bit integers or strings. An integer beyond 64 bits is therefore replaced by
//! a string, the marker, before rmcp parses the message. In rmcp's messages, each marker is replaced by its integer.
//! The marker contains a random text, so that no other string is taken for a marker. Members with the same names in the
//! arguments of tools, or in the parameters of other methods, stay unchanged.

use std::{
    borrow::Cow,
    ops::Range,
    sync::{
        LazyLock,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{json::present, transport::id::Id};

/// The beginning of each marker as JSON text, followed by the integer and a quote.
static MARKER: LazyLock<String> = LazyLock::new(|| format!("\"{}:", Uuid::now_v7()));
/// `true` once a marker was written. Until then, no message of rmcp is searched.
static HAS_MARKERS: AtomicBool = AtomicBool::new(false);

/// Members of a message that may have to be replaced.
#[derive(Deserialize)]
struct AdaptableMessage<'m> {
    #[serde(borrow, default)]
    id: Option<&'m RawValue>,
    #[serde(borrow, default)]
    method: Option<&'m RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'m RawValue>,
}

#[derive(Deserialize)]
struct AdaptableParams<'m> {
    #[serde(borrow, default, rename = "requestId")]
    request: Option<&'m RawValue>,
    #[serde(borrow, default, rename = "progressToken")]
    progress_token: Option<&'m RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    arguments: Option<&'m RawValue>,
    #[serde(borrow, default, rename = "_meta", deserialize_with = "present")]
    meta: Option<&'m RawValue>,
}

#[derive(Deserialize)]
struct AdaptableMeta<'m> {
    #[serde(borrow, default, rename = "progressToken", deserialize_with = "present")]
    progress_token: Option<&'m RawValue>,
}

/// Returns a client's message in a form that rmcp can parse. Replaces ids and progress tokens beyond 64 bits by
/// markers, and a `null` in place of an optional object by an empty object.
pub(crate) fn for_rmcp(message: &[u8]) -> Cow<'_, [u8]> {
    let replacements = match std::str::from_utf8(message) {
        Ok(text) if may_need_replacement(text) => replacements(text),
        Ok(_) | Err(_) => Vec::new(),
    };
    if replacements.is_empty() {
        return Cow::Borrowed(message);
    }
    let (mut adapted, mut copied) = (Vec::with_capacity(message.len() + 64), 0);
    for (range, text) in replacements {
        adapted.extend_from_slice(message.get(copied..range.start).unwrap_or_default());
        adapted.extend_from_slice(text.as_bytes());
        copied = range.end;
    }
    adapted.extend_from_slice(message.get(copied..).unwrap_or_default());
    Cow::Owned(adapted)
}

/// Returns `false` if the message has neither `null` nor the 19 digits that an integer beyond 64 bits has at least.
fn may_need_replacement(text: &str) -> bool {
    let mut digits = 0;
    let has_long_number = text.bytes().any(|byte| {
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        digits >= 19
    });
    has_long_number || text.contains("null")
}

/// Returns the parts of a message that must be replaced, in their order.
fn replacements(text: &str) -> Vec<(Range<usize>, Cow<'static, str>)> {
    let mut found = Vec::new();
    let range = |raw: &RawValue| {
        let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
        start..start + raw.get().len()
    };
    let mut large_integer = |raw: Option<&RawValue>| {
        if let Some(raw) = raw
            && let Some(marker) = marker(raw.get())
        {
            found.push((range(raw), Cow::Owned(marker)));
        }
    };
    // Text that can't be read here is left to rmcp, which rejects it.
    let Ok(message) = serde_json::from_str::<AdaptableMessage<'_>>(text) else { return found };
    large_integer(message.id);
    let Some(params) = message.params else { return found };
    let Ok(members) = serde_json::from_str::<AdaptableParams<'_>>(params.get()) else {
        if params.get() == "null" {
            found.push((range(params), Cow::Borrowed("{}")));
        }
        found.sort_by_key(|(range, _)| range.start);
        return found;
    };
    // The members of other methods belong to the application.
    let mut arguments = None;
    match message.method.and_then(|method| String::deserialize(method).ok()).as_deref() {
        Some("notifications/cancelled") => large_integer(members.request),
        Some("notifications/progress") => large_integer(members.progress_token),
        Some("tools/call" | "prompts/get") => arguments = members.arguments,
        Some(_) | None => {}
    }
    let meta = members.meta.and_then(|meta| serde_json::from_str::<AdaptableMeta<'_>>(meta.get()).ok());
    large_integer(meta.and_then(|meta| meta.progress_token));
    for optional in [arguments, members.meta].into_iter().flatten() {
        if optional.get() == "null" {
            found.push((range(optional), Cow::Borrowed("{}")));
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    found
}

/// Returns the marker that replaces the id `raw`; `None` if rmcp can hold the id, or if `raw` isn't an id.
fn marker(raw: &str) -> Option<String> {
    match Id::new(raw)? {
        Id::Text(digits) if !digits.starts_with('"') => {
            HAS_MARKERS.store(true, Ordering::Relaxed);
            Some(format!("{}{digits}\"", *MARKER))
        }
        Id::Integer(_) | Id::Text(_) => None,
    }
}

/// Returns `true` if a message of rmcp may have markers.
pub(crate) fn has_markers() -> bool {
    HAS_MARKERS.load(Ordering::Relaxed)
}

/// Replaces the markers in JSON text of rmcp by their integers. `None` if the text has no markers. The quotes of a marker
/// have backslashes if a handler has put JSON text into a string; the integer replaces the backslashes too.
pub(crate) fn from_rmcp(json: &[u8]) -> Option<Vec<u8>> {
    if !has_markers() {
        return None;
    }
    let mut text = std::str::from_utf8(json).ok()?;
    let mut adapted = String::new();
    while let Some((before, after)) = text.split_once(MARKER.as_str()) {
        let (digits, rest) = after.split_once('"')?;
        adapted.push_str(before.trim_end_matches('\\'));
        adapted.push_str(digits.trim_end_matches('\\'));
        text = rest;
    }
    if adapted.is_empty() {
        return None;
    }
    adapted.push_str(text);
    Some(adapted.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the message as rmcp gets it, with `MARKER` in place of the marker's random text.
    fn adapted(message: &str) -> String {
        let adapted = String::from_utf8(for_rmcp(message.as_bytes()).into_owned()).unwrap_or_default();
        adapted.replace(MARKER.as_str(), "\"MARKER:")
    }

    #[test]
    fn id_beyond_64_bits_is_restored_digit_by_digit() {
        for digits in ["9223372036854775808", "-9223372036854775809", "100000000000000000000000000000"] {
            let request = format!(r#"{{"jsonrpc":"2.0", "id": {digits} ,"method":"ping"}}"#);
            assert_eq!(
                adapted(&request),
                format!(r#"{{"jsonrpc":"2.0", "id": "MARKER:{digits}" ,"method":"ping"}}"#)
            );
            let rmcp = for_rmcp(request.as_bytes());
            let restored = from_rmcp(&rmcp).and_then(|text| String::from_utf8(text).ok());
            assert_eq!(restored.as_deref(), Some(&*request));
        }
        assert_eq!(from_rmcp(br#"{"id":"0190:9223372036854775808"}"#), None);
    }

    #[test]
    fn marker_in_json_text_inside_a_string_is_replaced_with_its_quotes() {
        let rmcp = for_rmcp(br#"{"id":9223372036854775808}"#);
        let text = format!(r#"{{"text":{}}}"#, serde_json::Value::from(String::from_utf8_lossy(&rmcp)));
        let restored = from_rmcp(text.as_bytes()).and_then(|text| String::from_utf8(text).ok());
        assert_eq!(restored.as_deref(), Some(r#"{"text":"{\"id\":9223372036854775808}"}"#));
    }

    #[test]
    fn token_and_cancelled_id_beyond_64_bits_become_markers() {
        assert_eq!(
            adapted(
                r#"{"id":9223372036854775808,"params":{"_meta":{"progressToken":9223372036854775809,"a":null}}}"#
            ),
            r#"{"id":"MARKER:9223372036854775808","params":{"_meta":{"progressToken":"MARKER:9223372036854775809","a":null}}}"#
        );
        for (member, method) in [
            ("requestId", "notifications/cancelled"),
            ("requestId", r"notifications\/cancelled"),
            ("progressToken", "notifications/progress"),
        ] {
            assert_eq!(
                adapted(&format!(
                    r#"{{"method":"{method}","params":{{"{member}":9223372036854775808}},"id":9223372036854775809}}"#
                )),
                format!(
                    r#"{{"method":"{method}","params":{{"{member}":"MARKER:9223372036854775808"}},"id":"MARKER:9223372036854775809"}}"#
                )
            );
        }
    }

    #[test]
    fn members_of_other_methods_are_unchanged() {
        let members = r#""requestId":9223372036854775808,"progressToken":9223372036854775808"#;
        for message in [
            format!(r#"{{"id":1,"method":"vendor/request","params":{{{members},"arguments":null}}}}"#),
            format!(r#"{{"id":1,"method":"tools/call","params":{{"arguments":{{{members}}}}}}}"#),
            format!(r#"{{"id":1,"method":"prompts/get","params":{{"arguments":{{{members}}},{members}}}}}"#),
            r#"{"method":"notifications/cancelled","params":{"progressToken":9223372036854775808}}"#
                .to_owned(),
            r#"{"method":"notifications/progress","params":{"requestId":9223372036854775808}}"#.to_owned(),
            format!(r#"{{"id":1,"result":{{{members}}}}}"#),
        ] {
            assert!(matches!(for_rmcp(message.as_bytes()), Cow::Borrowed(_)), "{message}");
        }
    }

    #[test]
    fn null_of_an_optional_object_becomes_an_empty_object() {
        assert_eq!(
            adapted(r#"{"params": null,"id":9223372036854775808}"#),
            r#"{"params": {},"id":"MARKER:9223372036854775808"}"#
        );
        assert_eq!(
            adapted(r#"{"method":"prompts/get","params":{"arguments":null,"_meta":null,"cursor":null}}"#),
            r#"{"method":"prompts/get","params":{"arguments":{},"_meta":{},"cursor":null}}"#
        );
    }

    #[test]
    fn usual_message_is_unchanged() {
        for message in [
            r#"{"id":9223372036854775807,"method":"ping"}"#,
            r#"{"id":"9223372036854775808","method":"ping"}"#,
            r#"{"id":1,"params":{"n":9223372036854775808,"x":null}}"#,
            r#"{"id":92233720368547758080"#,
            "[null]",
        ] {
            assert!(matches!(for_rmcp(message.as_bytes()), Cow::Borrowed(_)), "{message}");
        }
    }
}
