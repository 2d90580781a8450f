//! Ids of requests.

use std::{fmt, sync::Arc};

use crate::json::Text;

/// Bytes of a request's id, which is echoed.
const MAX_ID: usize = 512;

/// The id of a request: a string or an integer. Most are integers, and cost nothing to keep.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Id {
    Integer(i64),
    /// The string's JSON text.
    String(Arc<str>),
}

impl Id {
    /// One spelling for each id: a string without needless escapes.
    pub(crate) fn new(raw: &str) -> Option<Self> {
        if raw.len() > MAX_ID {
            return None;
        }
        if raw.starts_with('"') {
            // ASCII without escapes is spelled as it is written.
            if raw.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\\') {
                return Some(Id::String(raw.into()));
            }
            let text: String = serde_json::from_str(raw).ok()?;
            return serde_json::to_string(&text).ok().map(|text| Id::String(text.into()));
        }
        raw.parse().ok().map(Id::Integer)
    }

    /// Writes it as JSON.
    pub(crate) fn write(&self, text: &mut Text) {
        match self {
            Id::Integer(number) => text.integer(*number),
            Id::String(json) => text.raw(json),
        }
    }
}

impl Default for Id {
    fn default() -> Self {
        Id::Integer(0)
    }
}

/// As JSON.
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Id::Integer(number) => number.fmt(f),
            Id::String(json) => f.write_str(json),
        }
    }
}
