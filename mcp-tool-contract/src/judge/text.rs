//! Comparison of two string schemas by length, pattern and format, and of an enum with a string schema.

use super::{
    finding::{ChangedValue, Findings},
    location::{Direction, ValueLocation, greatest, least},
};
use crate::{
    bounds::{Kind, Text},
    rules::ChangeRule,
    text::{code_points, same},
};

/// Compares two strings. `old` and `new` are their kinds, which the findings name.
pub(super) const fn text<const N: usize>(
    at: ValueLocation,
    (old, old_text): (&Kind, &Text),
    (new, new_text): (&Kind, &Text),
    found: &mut Findings<N>,
) {
    match (old_text.format, new_text.format) {
        (Some(a), Some(b)) if a as u8 == b as u8 => {}
        (Some(_), Some(_)) => found.note(at.changed(old, new)),
        (None, None) => {
            least(at, "min_len", old_text.min_len, new_text.min_len, found);
            greatest(at, "max_len", old_text.max_len, new_text.max_len, found);
            pattern(at, old_text, new_text, found);
        }
        // A parameter that gets a format, or a result that loses its format, always breaks callers. A parameter that
        // loses its format, or a result that gets a format, breaks no caller if the text without format accepts every
        // string of the format.
        (None, Some(_)) => match at.direction {
            Direction::In => found.note(at.narrowed(old, new)),
            Direction::Out if accepts_format(old_text, new_text) => found.note(at.narrowed(old, new)),
            Direction::Out => found.note(at.changed(old, new)),
        },
        (Some(_), None) => match at.direction {
            Direction::Out => found.note(at.widened(old, new)),
            Direction::In if accepts_format(new_text, old_text) => found.note(at.widened(old, new)),
            Direction::In => found.note(at.changed(old, new)),
        },
    }
}

/// Returns `true` if the text `free`, which has no format, accepts all strings of a format.
const fn accepts_format(free: &Text, format: &Text) -> bool {
    let is_long_enough = match (free.max_len, format.max_len) {
        (Some(most), Some(longest)) => most >= longest,
        (None, _) => true,
        (Some(_), None) => false,
    };
    is_long_enough && free.min_len <= format.min_len && free.pattern.is_none()
}

/// Compares the patterns of two strings.
pub(super) const fn pattern<const N: usize>(
    at: ValueLocation,
    old_text: &Text,
    new_text: &Text,
    found: &mut Findings<N>,
) {
    let (old, new) = (source(old_text), source(new_text));
    let finding = match (old, new) {
        (None, None) => return,
        (Some(old), Some(new)) if same(old, new) => return,
        (Some(_), Some(_)) => at.finding(ChangeRule::PatternChanged, ChangeRule::ResultPatternChanged),
        (None, Some(_)) => at.finding(ChangeRule::PatternAdded, ChangeRule::ResultPatternAdded),
        (Some(_), None) => at.finding(ChangeRule::PatternRemoved, ChangeRule::ResultPatternRemoved),
    };
    found.note(finding.change(ChangedValue::optional_text(old), ChangedValue::optional_text(new)));
}

const fn source(text: &Text) -> Option<&'static str> {
    match &text.pattern {
        Some(pattern) => Some(pattern.source()),
        None => None,
    }
}

/// Returns `true` if the length of each value is within the bounds of the text.
pub(super) const fn lengths_fit(values: &[&str], text: &Text) -> bool {
    let mut i = 0;
    while i < values.len() {
        let length = code_points(values[i]);
        let is_too_long = match text.max_len {
            Some(most) => length > most,
            None => false,
        };
        if is_too_long || length < text.min_len {
            return false;
        }
        i += 1;
    }
    true
}
