//! Limits of the size, nesting and number of values of messages. They bound the memory that rmcp needs for a message,
//! because rmcp parses a message into a tree, in which a value of two bytes can take several hundred.

use mcp_tool_contract::read::{scan, violation::escaped_excerpt};

use crate::transport::protocol_error::{ProtocolError, code};

/// Maximum nesting of objects and arrays in one message.
const MAX_NESTING: usize = scan::MAX_NESTING as usize;
/// Maximum size of a message other than `tools/call`, in bytes.
const MAX_BYTES: usize = 64 << 10;
/// Maximum number of values and member names in a message other than `tools/call`.
const MAX_VALUES: usize = 1_024;
/// Maximum size of a request that opens a session or a stream, in bytes.
const MAX_RETAINED_BYTES: usize = 16 << 10;
/// Maximum number of values and member names in a request that opens a session or a stream.
const MAX_RETAINED_VALUES: usize = 256;

/// Rejects a message whose objects and arrays nest too deeply.
pub(super) fn check_nesting(text: &str) -> Result<(), ProtocolError> {
    if !nests_deeper(text.as_bytes(), MAX_NESTING) {
        return Ok(());
    }
    let message = format!("the message must nest at most {MAX_NESTING} levels deep");
    Err(ProtocolError::new(code::INVALID_REQUEST, message))
}

/// Rejects a message other than `tools/call` that is too large or has too many values. `method` is `None` for a
/// response of the client. The limits are lower for the requests whose parameters are kept until their session or
/// stream ends.
pub(super) fn check_other(method: Option<&str>, text: &str) -> Result<(), ProtocolError> {
    let (max_bytes, max_values) = match method {
        Some("initialize" | "subscriptions/listen") => (MAX_RETAINED_BYTES, MAX_RETAINED_VALUES),
        _ => (MAX_BYTES, MAX_VALUES),
    };
    // Each value needs at least two bytes, such as `0,`. So most messages are too short to have too many values.
    if text.len() < 2 * max_values {
        return Ok(());
    }
    // The values of a message that is too large aren't counted, because that would take time.
    let excess = if text.len() > max_bytes {
        format!("at most {max_bytes} bytes, got {}", text.len())
    } else {
        match count_values(text.as_bytes()) {
            values if values > max_values => {
                format!("at most {max_values} values and member names, got {values}")
            }
            _ => return Ok(()),
        }
    };
    let subject = match method {
        Some(method) => format!("a message of `{}`", escaped_excerpt(method)),
        None => "a response".to_owned(),
    };
    let message = format!("{subject} must have {excess}: leave out optional members");
    Err(ProtocolError::new(code::INVALID_REQUEST, message))
}

/// Counts the values and member names in valid JSON text.
fn count_values(json: &[u8]) -> usize {
    let (mut structural, mut empty, mut previous) = (0, 0, b' ');
    for byte in outside_strings(json).filter(|byte| !byte.is_ascii_whitespace()) {
        structural += usize::from(matches!(byte, b'{' | b'[' | b',' | b':'));
        empty += usize::from(matches!((previous, byte), (b'[', b']') | (b'{', b'}')));
        previous = byte;
    }
    // Each value except the outermost and each name except the first of its container follows a comma or a colon.
    1 + structural - empty
}

/// Returns `true` if objects and arrays nest deeper than `limit`. Safe for any depth, because it doesn't recurse.
fn nests_deeper(json: &[u8], limit: usize) -> bool {
    // Counting takes much less time than following the nesting. In parts, because the first part of a large message
    // usually has enough.
    let mut opening = 0;
    let may_nest_deeper = json.chunks(4096).any(|part| {
        opening += part.iter().filter(|byte| matches!(byte, b'{' | b'[')).count();
        opening > limit
    });
    if !may_nest_deeper {
        return false;
    }
    let mut depth = 0usize;
    outside_strings(json).any(|byte| {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > limit
    })
}

/// Returns the bytes of JSON text that aren't part of a string, and the opening quotes of its strings.
fn outside_strings(json: &[u8]) -> impl Iterator<Item = u8> {
    let (mut quoted, mut escaped) = (false, false);
    json.iter().copied().filter(move |byte| {
        let was_quoted = quoted;
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
        !was_quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_counted_outside_of_strings_and_without_recursion() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(nests_deeper(deep(10_000).as_bytes(), MAX_NESTING));
        assert!(!nests_deeper(deep(MAX_NESTING).as_bytes(), MAX_NESTING));
        let quoted = format!("[\"{}\\\"{}\"]", "[".repeat(200), "{".repeat(200));
        assert!(!nests_deeper(quoted.as_bytes(), MAX_NESTING));
        let wide = format!("[{}]", vec!["[]"; 500].join(","));
        assert!(!nests_deeper(wide.as_bytes(), MAX_NESTING));
    }

    /// Counts the values and member names in a JSON tree.
    fn count(value: &serde_json::Value) -> usize {
        1 + match value {
            serde_json::Value::Array(items) => items.iter().map(count).sum(),
            serde_json::Value::Object(members) => members.values().map(|value| 1 + count(value)).sum(),
            _ => 0,
        }
    }

    #[test]
    fn values_and_member_names_are_counted() {
        for text in [
            "1",
            "\"a,b\\\",[{\"",
            "[]",
            "[ ]",
            "{ }",
            "[1]",
            "[1,2]",
            "[[],{},[[]]]",
            r#"{"a":1}"#,
            r#"{"a:,[":[1,{"b":null,"\\":{}}],"c":"]"}"#,
            "[\"\",\n \"\"]",
        ] {
            let value = serde_json::from_str(text).unwrap();
            assert_eq!(count_values(text.as_bytes()), count(&value), "of {text}");
        }
    }

    #[test]
    fn limits_are_lower_for_requests_that_are_kept() {
        let message = |method: &str, values: usize| {
            format!(r#"{{"method":"{method}","params":[{}]}}"#, vec!["0"; values].join(","))
        };
        // The message has five values and names apart from those in `params`.
        for (method, max_values) in [("ping", 1_024), ("initialize", 256), ("subscriptions/listen", 256)] {
            assert_eq!(check_other(Some(method), &message(method, max_values - 5)), Ok(()), "{method}");
            let error = check_other(Some(method), &message(method, max_values - 4)).unwrap_err().message;
            assert!(error.contains(&format!("{max_values} values and member names, got")), "{error}");
        }
        let long = |bytes: usize| format!("\"{}\"", "a".repeat(bytes - 2));
        for (method, max_bytes) in [("ping", 65_536), ("initialize", 16_384)] {
            assert_eq!(check_other(Some(method), &long(max_bytes)), Ok(()), "{method}");
            let error = check_other(Some(method), &long(max_bytes + 1)).unwrap_err().message;
            assert!(error.contains(&format!("{max_bytes} bytes, got {}", max_bytes + 1)), "{error}");
        }
    }
}
