//! Ids of JSON-RPC requests.

use std::{fmt, sync::Arc};

use crate::json::JsonWriter;

/// Maximum size of an id's JSON text, in bytes. Limited, because every answer repeats the id of its request.
const MAX_ID_BYTES: usize = 512;

/// A request's id: a string or an integer. Integers of 64 bits, the usual case, need no allocation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Id {
    Integer(i64),
    /// JSON text of any other id: a string with its quotes, or the digits of an integer that needs more than 64 bits.
    /// JSON permits no leading zeros, so equal integers have equal digits.
    Text(Arc<str>),
}

impl Id {
    /// Parses an id from `raw`, a valid JSON value. Removes needless escapes from strings, so that all spellings of an
    /// id are equal. Returns `None` if the value is neither a string nor an integer, or is longer than
    /// [`MAX_ID_BYTES`]. A number with a fraction or an exponent isn't an integer here, because such a number has many
    /// spellings, and parsers round it. `-0` is the integer 0.
    pub(crate) fn new(raw: &str) -> Option<Self> {
        if raw.len() > MAX_ID_BYTES {
            return None;
        }
        if raw.starts_with('"') {
            // Printable ASCII without escapes is already the text that `serde_json` would write.
            if raw.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\\') {
                return Some(Id::Text(raw.into()));
            }
            let text: String = serde_json::from_str(raw).ok()?;
            return serde_json::to_string(&text).ok().map(|text| Id::Text(text.into()));
        }
        match raw.parse() {
            Ok(number) => Some(Id::Integer(number)),
            Err(_) => is_integer(raw).then(|| Id::Text(raw.into())),
        }
    }

    /// Appends the id as JSON.
    pub(crate) fn write(&self, text: &mut JsonWriter) {
        match self {
            Id::Integer(number) => text.integer(*number),
            Id::Text(json) => text.raw(json),
        }
    }
}

/// Returns `true` if `raw`, a valid JSON value, is a number without fraction and exponent.
fn is_integer(raw: &str) -> bool {
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Makes the id that `std::mem::take` leaves as a placeholder.
impl Default for Id {
    fn default() -> Self {
        Id::Integer(0)
    }
}

/// Writes the id as JSON.
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Id::Integer(number) => number.fmt(f),
            Id::Text(json) => f.write_str(json),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(raw: &str) -> Option<String> {
        let mut text = JsonWriter::with_capacity(8);
        Id::new(raw)?.write(&mut text);
        String::from_utf8(text.into_bytes()).ok()
    }

    #[test]
    fn integer_of_any_size_is_kept_digit_by_digit() {
        let most_digits = "7".repeat(MAX_ID_BYTES);
        for id in [
            "0",
            "-1",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551616",
            "123456789012345678901234567890",
            &most_digits,
        ] {
            assert_eq!(written(id).as_deref(), Some(id));
        }
        assert_eq!(written(&"7".repeat(MAX_ID_BYTES + 1)), None, "an id of too many digits was accepted");
        assert_ne!(Id::new("9223372036854775808"), Id::new("9223372036854775809"));
        assert_ne!(Id::new("9223372036854775808"), Id::new("\"9223372036854775808\""));
    }

    #[test]
    fn number_that_is_not_an_integer_is_refused_as_an_id() {
        for raw in ["1.0", "1e2", "-1.5", "9223372036854775808.0", "1E400", "true", "null", "[1]", "{}"] {
            assert_eq!(Id::new(raw), None, "{raw}");
        }
        assert_eq!(Id::new("-0"), Id::new("0"));
    }
}
