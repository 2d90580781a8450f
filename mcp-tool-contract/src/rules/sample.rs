//! Sample values of a schema: typical values, and values at its limits. They are the candidates for a witness, which is
//! a value that only one version of a contract accepts. Samples may violate the schema, so callers must validate them
//! before use.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::{
    bounds::{Format, Items, Kind, Object, Schema, Text},
    pattern::{Matcher, Pattern},
};

/// Maximum number of items of a generated array, of characters of a text generated without a pattern, and of
/// repetitions of one part of a pattern, unless the pattern requires more.
const MAX_LENGTH: u64 = 5_000;

/// Returns sample values of a schema, as JSON. Some may violate the schema.
#[must_use]
pub fn values(schema: &Schema) -> Vec<String> {
    let mut values = match schema.items {
        None => single(&schema.kind),
        Some(Items { min, max }) => arrays(&single(&schema.kind), min, max),
    };
    if schema.optional {
        values.push("null".into());
    }
    values
}

/// Returns the sample values of both schemas. If one schema is a string and the other is an enum, also returns a text
/// that isn't in the enum; if the string schema is an array, arrays of this text.
pub(super) fn of_both(left: Option<&Schema>, right: Option<&Schema>) -> Vec<String> {
    let mut values: Vec<String> = [left, right].into_iter().flatten().flat_map(self::values).collect();
    for (string, other) in [(left, right), (right, left)] {
        if let (Some(string), Some(Schema { kind: Kind::Enum(taken), .. })) = (string, other)
            && let Kind::Text(text) = &string.kind
        {
            let outside = [quoted(&text_outside(text, taken))];
            values.extend(match string.items {
                None => outside.to_vec(),
                Some(Items { min, max }) => arrays(&outside, min, max),
            });
        }
    }
    values
}

/// Returns text of the least allowed length, but not empty, that isn't in `taken`.
fn text_outside(text: &Text, taken: &[&str]) -> String {
    let length = usize::try_from(text.min_len.clamp(1, MAX_LENGTH)).unwrap_or(1);
    let mut texts = ('a'..).map(|letter| letter.to_string().repeat(length));
    texts.find(|text| !taken.contains(&text.as_str())).unwrap_or_default()
}

/// Returns arrays that repeat one of these items: one array for each item, and the shortest and the longest array.
fn arrays(items: &[String], min: u64, max: Option<u64>) -> Vec<String> {
    let Some(first) = items.first() else { return vec!["[]".into()] };
    let repeated = |item: &String, count: u64| {
        let count = usize::try_from(count.min(MAX_LENGTH)).unwrap_or(0);
        format!("[{}]", vec![item.as_str(); count].join(","))
    };
    // An empty array doesn't show the kind of its items, so these arrays have an item if the bounds allow one.
    let typical_count = max.map_or(min.max(1), |max| min.max(1).min(max));
    let mut arrays: Vec<String> = items.iter().map(|item| repeated(item, typical_count)).collect();
    arrays.push(repeated(first, min));
    arrays.push(repeated(first, max.unwrap_or(MAX_LENGTH)));
    arrays
}

/// Returns the sample values of a kind, each as a single value.
fn single(kind: &Kind) -> Vec<String> {
    match kind {
        Kind::Boolean => vec!["true".into(), "false".into()],
        Kind::Integer { minimum, maximum } => {
            let mut values = vec![*minimum, *maximum, minimum + 1, maximum - 1];
            // A witness contains the first value that fits, so a short one is first.
            values.splice(0..0, (*minimum..=*maximum).contains(&1).then_some(1));
            values.iter().map(ToString::to_string).collect()
        }
        Kind::Number { minimum, maximum } => numbers(*minimum, *maximum),
        Kind::Text(text) => texts(text).into_iter().map(|text| quoted(&text)).collect(),
        Kind::Enum(values) => values.iter().map(|value| quoted(value)).collect(),
        Kind::Object(object) => vec![self::object(object)],
    }
}

/// Returns an object of the required fields, each with its first sample value.
#[must_use]
pub fn object(object: &'static Object) -> String {
    let fields = (0..object.count()).filter_map(|index| object.field(index)).filter(|field| field.required);
    let members = fields.filter_map(|field| {
        let value = values(&field.schema).into_iter().next()?;
        Some(format!("{}:{value}", quoted(field.name)))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn numbers(minimum: Option<f64>, maximum: Option<f64>) -> Vec<String> {
    let (low, high) = match (minimum, maximum) {
        (Some(low), Some(high)) => (low, high),
        (Some(low), None) => (low, low + 1e6),
        (None, Some(high)) => (high - 1e6, high),
        (None, None) => (-1e6, 1e6),
    };
    let inside = [low, high, low + 0.5, high - 0.5, f64::midpoint(low, high), 0.5, 1.0];
    let beyond = [minimum.is_none().then_some(f64::MIN), maximum.is_none().then_some(f64::MAX)];
    let values = inside.into_iter().chain(beyond.into_iter().flatten());
    values.map(|value| serde_json::Value::from(value).to_string()).collect()
}

fn texts(text: &Text) -> Vec<String> {
    let typical = ["a", "text", "1", ""].into_iter().map(str::to_owned);
    let samples: Vec<String> = match (text.format, &text.pattern) {
        (Some(Format::Uuid), _) => vec!["01930000-0000-7000-8000-000000000000".into()],
        (Some(Format::Date), _) => vec!["2026-11-21".into(), "2024-02-29".into()],
        (Some(Format::DateTime), _) => {
            // The fraction makes the second text 64 characters long, the maximum of this format.
            let fraction = "0".repeat(64 - "2026-11-21T08:30:00.Z".len());
            vec!["2026-11-21T08:30:00Z".into(), format!("2026-11-21T08:30:00.{fraction}Z")]
        }
        (Some(Format::Ipv4), _) => vec!["1.2.3.4".into(), "192.168.100.200".into()],
        (Some(Format::Ipv6), _) => {
            vec!["::".into(), "2001:db8::1".into(), "2001:0db8:0000:0000:0000:0000:192.168.100.200".into()]
        }
        (Some(Format::Uri), _) => {
            // The second text has 2,048 characters, the maximum of this format.
            let path = "a".repeat(2_048 - "https://example.com/".len());
            vec!["https://example.com/".into(), format!("https://example.com/{path}"), "a:".into()]
        }
        (Some(Format::Duration), _) => {
            // The second text has 32 characters, the maximum of this format.
            vec!["PT1H30M".into(), format!("PT{}1S", "0".repeat(28)), "P1D".into()]
        }
        (None, Some(pattern)) => matching(pattern, text.min_len, text.max_len.unwrap_or(MAX_LENGTH)),
        (None, None) => {
            let long = |length: u64| "a".repeat(usize::try_from(length.min(MAX_LENGTH)).unwrap_or(0));
            let edges = [text.min_len, text.max_len.unwrap_or(MAX_LENGTH)].map(long);
            typical.chain(edges).chain([long(text.min_len + 1)]).collect()
        }
    };
    let fits = |sample: &String| {
        let length = sample.chars().count() as u64;
        length >= text.min_len && text.max_len.is_none_or(|most| length <= most)
    };
    samples.into_iter().filter(fits).collect()
}

/// Generates texts that a pattern matches, with different lengths and alternatives.
fn matching(pattern: &Pattern, least: u64, most: u64) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(pattern.source()) else { return Vec::new() };
    // A pattern from a lock has no compiled form.
    let compiled_here = Matcher::new(pattern.source());
    let matcher = pattern.matcher().unwrap_or(&compiled_here);
    let mut texts: Vec<String> = Vec::new();
    for repeats in [0, 1, least.min(MAX_LENGTH), most.min(MAX_LENGTH)] {
        // Uses up to four alternatives of each part of the pattern.
        for choice in 0..4 {
            let mut text = String::new();
            spell(&hir, choice, repeats, &mut text);
            // An unanchored pattern allows other text around its match.
            let missing = usize::try_from(least.saturating_sub(text.chars().count() as u64).min(MAX_LENGTH))
                .unwrap_or(0);
            let padded = [text.clone() + &"a".repeat(missing), "a".repeat(missing) + &text];
            for text in [vec![text], padded.to_vec()].concat() {
                if !texts.contains(&text) && matcher.is_match(&text) {
                    texts.push(text);
                }
            }
        }
    }
    texts
}

/// Size of a text, in bytes, at which [`spell`] stops. No text of `MAX_LENGTH` characters is larger.
const MAX_SPELLED: usize = 4 * MAX_LENGTH as usize;

/// Appends text that `hir` matches, or the beginning of such a text if it exceeds [`MAX_SPELLED`]. `choice` selects among alternatives and characters. A part that may be repeated
/// occurs `repeats` times, or as close to that as its bounds allow.
fn spell(hir: &Hir, choice: usize, repeats: u64, text: &mut String) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(Class::Unicode(class)) => {
            let is_readable = |c: &char| c.is_ascii_graphic();
            let ends: Vec<char> = class.iter().flat_map(|range| [range.start(), range.end()]).collect();
            let letter =
                ('a'..='z').find(|c| class.iter().any(|range| (range.start()..=range.end()).contains(c)));
            let readable: Vec<char> =
                letter.into_iter().chain(ends.iter().copied().filter(is_readable)).collect();
            let among = if readable.is_empty() { &ends } else { &readable };
            text.extend(among.get(choice % among.len().max(1)));
        }
        HirKind::Class(Class::Bytes(class)) => {
            text.extend(
                class.iter().nth(choice % class.ranges().len().max(1)).map(|range| char::from(range.start())),
            );
        }
        HirKind::Repetition(repetition) => {
            let most = repetition.max.map_or(MAX_LENGTH, u64::from);
            for _ in 0..u64::from(repetition.min).max(repeats.min(most)) {
                // Nested repetitions multiply, so `(((a+)+)+)+` would otherwise take hours.
                if text.len() > MAX_SPELLED {
                    return;
                }
                spell(&repetition.sub, choice, repeats, text);
            }
        }
        HirKind::Capture(capture) => spell(&capture.sub, choice, repeats, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| spell(part, choice, repeats, text)),
        HirKind::Alternation(parts) => {
            if let Some(part) = parts.get(choice % parts.len().max(1)) {
                spell(part, choice, repeats, text);
            }
        }
    }
}

/// Returns a text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_with_length_bounds_have_samples() {
        for (pattern, least, most) in [
            ("^inv_[0-9]{8}$", 12, 12),
            ("^[a-z]+$", 3, 40),
            ("(cat|dog)s?", 0, 20),
            ("x", 5, 9),
            ("^[^ ]{2,4}$", 0, 9),
            ("^(((a+)+)+)+$", 1, 4_000),
        ] {
            let text = Text { min_len: least, max_len: Some(most), pattern: None, format: None };
            let pattern = Pattern::from_lock(pattern);
            let texts = texts(&Text { pattern: Some(pattern), ..text });
            assert!(!texts.is_empty(), "{pattern:?}");
        }
    }
}
