//! Cuts texts to a size that is sent to a client: progress messages, errors and log data.

use std::borrow::Cow;

/// Maximum size of a progress or error message, in bytes. Longer messages are cut.
const MAX_TEXT: usize = 4 * 1024;

/// Returns the longest prefix of a text that has at most `max` bytes and ends between two characters.
// `str::floor_char_boundary` does the same, but needs a newer Rust (1.91) than this crate declares.
pub(super) fn prefix(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

/// Returns a message of at most [`MAX_TEXT`] bytes unchanged. Cuts a longer one at this size, and appends `…`.
pub(crate) fn cut(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.len() {
        0..=MAX_TEXT => text,
        _ => Cow::Owned(format!("{}…", prefix(&text, MAX_TEXT))),
    }
}
