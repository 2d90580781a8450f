//! Ids of JSON-RPC requests.

use std::{fmt, sync::Arc};

use crate::json::JsonWriter;

/// Maximum size of an id's JSON text, in bytes. Limited, because every answer repeats the id of its request.
const MAX_ID_BYTES: usize = 512;

/// A request's id: a string or an integer. Integers, the usual case, need no allocation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Id {
    Integer(i64),
    /// The string's JSON text, with its quotes.
    String(Arc<str>),
}

impl Id {
    /// Parses an id from `raw`, a valid JSON value. Removes needless escapes from strings, so that all spellings of an
    /// id are equal. Returns `None` if the value is neither a string nor an integer of 64 bits, or is longer than
    /// [`MAX_ID_BYTES`].
    pub(crate) fn new(raw: &str) -> Option<Self> {
        if raw.len() > MAX_ID_BYTES {
            return None;
        }
        if raw.starts_with('"') {
            // Printable ASCII without escapes is already the text that `serde_json` would write.
            if raw.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\\') {
                return Some(Id::String(raw.into()));
            }
            let text: String = serde_json::from_str(raw).ok()?;
            return serde_json::to_string(&text).ok().map(|text| Id::String(text.into()));
        }
        raw.parse().ok().map(Id::Integer)
    }

    /// Appends the id as JSON.
    pub(crate) fn write(&self, text: &mut JsonWriter) {
        match self {
            Id::Integer(number) => text.integer(*number),
            Id::String(json) => text.raw(json),
        }
    }
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
            Id::String(json) => f.write_str(json),
        }
    }
}
