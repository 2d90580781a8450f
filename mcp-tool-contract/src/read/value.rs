//! Validation of a single value against its kind.

use std::{borrow::Cow, cmp::Ordering};

use super::{
    format,
    number::{self, ExactInteger},
    violation::{Rule, ValuePath, ViolationReport, escaped_excerpt},
};
use crate::{
    bounds::{Kind, Text},
    name,
};

/// A value that its [`Kind`] accepts, not yet converted to the Rust type of the parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParsedValue<'v> {
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i128),
    /// A number.
    Number(f64),
    /// A string.
    Text(Cow<'v, str>),
    /// Index of an enum's value in [`Kind::Enum`].
    Variant(usize),
}

/// Parses the JSON text of one value. If `kind` doesn't accept the value, adds a violation to the report and returns
/// `None`. [`Kind::Object`] accepts no value, because arguments are never objects.
///
/// `raw` must be one complete JSON value, such as the text of a `RawValue` of `serde_json`.
pub fn parse_value<'v>(
    kind: &Kind,
    raw: &'v str,
    path: &ValuePath<'_>,
    report: &mut ViolationReport,
) -> Option<ParsedValue<'v>> {
    match kind {
        Kind::Boolean => match raw {
            "true" => Some(ParsedValue::Boolean(true)),
            "false" => Some(ParsedValue::Boolean(false)),
            _ => mistyped(kind.noun(), raw, path, report),
        },
        Kind::Integer { minimum, maximum } => integer(raw, *minimum, *maximum, path, report),
        Kind::Number { minimum, maximum } => number(raw, *minimum, *maximum, path, report),
        Kind::Text(bounds) => text(raw, bounds, path, report),
        Kind::Enum(values) => variant(raw, values, path, report),
        Kind::Object(_) => mistyped(kind.noun(), raw, path, report),
    }
}

/// Reports that the JSON type of `raw` isn't `expected`. Always returns `None`.
pub(super) fn mistyped<T>(
    expected: &str,
    raw: &str,
    path: &ValuePath<'_>,
    report: &mut ViolationReport,
) -> Option<T> {
    let noun = noun(raw);
    let message = match noun {
        "null" | "an array" | "an object" => format!("must be {expected}, got {noun}"),
        _ if path.is_secret() => format!("must be {expected}, got {noun}"),
        _ => format!("must be {expected}, got {noun}: {}", escaped_excerpt(raw)),
    };
    report.note(path, Rule::Type, None, message);
    None
}

/// Returns the name of the JSON type of `raw`, with its article.
pub(super) fn noun(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        Some(b'[') => "an array",
        Some(b'{') => "an object",
        _ => "a number",
    }
}

/// Returns the text that a message shows for a value. The text for a secret value doesn't contain the value.
fn echo(raw: &str, path: &ValuePath<'_>) -> String {
    if path.is_secret() { "a secret value".into() } else { escaped_excerpt(raw) }
}

/// Returns `true` if a JSON value is a number, which its first byte shows.
fn is_number(raw: &str) -> bool {
    matches!(raw.as_bytes().first(), Some(b'-' | b'0'..=b'9'))
}

fn integer<'v>(
    raw: &'v str,
    minimum: i128,
    maximum: i128,
    path: &ValuePath<'_>,
    report: &mut ViolationReport,
) -> Option<ParsedValue<'v>> {
    if !is_number(raw) {
        return mistyped("an integer", raw, path, report);
    }
    let order = match number::exact_integer(raw) {
        ExactInteger::Exact(value) if value < minimum => Ordering::Less,
        ExactInteger::Exact(value) if value > maximum => Ordering::Greater,
        ExactInteger::Exact(value) => return Some(ParsedValue::Integer(value)),
        // More than 38 digits, so outside the bounds of every type.
        ExactInteger::Huge if raw.starts_with('-') => Ordering::Less,
        ExactInteger::Huge => Ordering::Greater,
        ExactInteger::Fraction => {
            let message = match path.is_secret() {
                true => "must be an integer, got a fraction".into(),
                false => format!("must be an integer, got a fraction: {}", escaped_excerpt(raw)),
            };
            report.note(path, Rule::Type, None, message);
            return None;
        }
    };
    outside(raw, order, bound_json(minimum), bound_json(maximum), path, report)
}

/// Returns a bound as a JSON number. A bound of more than 64 bits, which no supported type has, becomes a string.
fn bound_json(bound: i128) -> serde_json::Value {
    match (u64::try_from(bound), i64::try_from(bound)) {
        (Ok(bound), _) => bound.into(),
        (_, Ok(bound)) => bound.into(),
        (Err(_), Err(_)) => bound.to_string().into(),
    }
}

fn number<'v>(
    raw: &'v str,
    minimum: Option<f64>,
    maximum: Option<f64>,
    path: &ValuePath<'_>,
    report: &mut ViolationReport,
) -> Option<ParsedValue<'v>> {
    if !is_number(raw) {
        return mistyped("a number", raw, path, report);
    }
    let value = match raw.parse::<f64>() {
        Ok(value) if value.is_finite() => value,
        Ok(_) | Err(_) => {
            let message = format!("must be a number within ±1.8e308, got {}", echo(raw, path));
            report.note(path, Rule::Type, None, message);
            return None;
        }
    };
    // A number that is written as an integer of at most 64 bits is compared exactly. All other numbers are compared as
    // the nearest float, because the bound is a float too.
    let whole = raw.parse::<i64>().map(i128::from).or_else(|_| raw.parse::<u64>().map(i128::from));
    let order_to = |bound: f64| match whole {
        Ok(whole) => number::compare(whole, bound),
        Err(_) => value.partial_cmp(&bound).unwrap_or(Ordering::Equal),
    };
    let order = match (minimum, maximum) {
        (Some(least), _) if order_to(least).is_lt() => Ordering::Less,
        (_, Some(most)) if order_to(most).is_gt() => Ordering::Greater,
        _ => return Some(ParsedValue::Number(value)),
    };
    outside(raw, order, minimum.into(), maximum.into(), path, report)
}

/// Reports a number that is less than the minimum (if `order` is `Less`) or greater than the maximum. Always returns
/// `None`.
fn outside<T>(
    raw: &str,
    order: Ordering,
    minimum: serde_json::Value,
    maximum: serde_json::Value,
    path: &ValuePath<'_>,
    report: &mut ViolationReport,
) -> Option<T> {
    let given = echo(raw, path);
    match order {
        Ordering::Less => {
            let message = format!("must be at least {minimum}, got {given}");
            report.note(path, Rule::Minimum, Some(minimum), message);
        }
        Ordering::Equal | Ordering::Greater => {
            let message = format!("must be at most {maximum}, got {given}");
            report.note(path, Rule::Maximum, Some(maximum), message);
        }
    }
    None
}

/// Decodes a JSON string. Borrows its text if it has no escapes. Half of a surrogate pair is a violation.
fn unquoted<'v>(raw: &'v str, path: &ValuePath<'_>, report: &mut ViolationReport) -> Option<Cow<'v, str>> {
    let inner = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    if !inner.as_bytes().contains(&b'\\') {
        return Some(Cow::Borrowed(inner));
    }
    match serde_json::from_str::<String>(raw) {
        Ok(text) => Some(Cow::Owned(text)),
        Err(_) => {
            let message = "must be valid Unicode, got half of a surrogate pair".into();
            report.note(path, Rule::Syntax, None, message);
            None
        }
    }
}

fn text<'v>(
    raw: &'v str,
    bounds: &Text,
    path: &ValuePath<'_>,
    report: &mut ViolationReport,
) -> Option<ParsedValue<'v>> {
    if !raw.starts_with('"') {
        return mistyped("a string", raw, path, report);
    }
    let text = unquoted(raw, path, report)?;
    let length = text.chars().count() as u64;
    let is_exact = bounds.max_len == Some(bounds.min_len);
    if length < bounds.min_len {
        let quantifier = if is_exact { "exactly" } else { "at least" };
        let message = format!("must be {quantifier} {} characters, got {length}", bounds.min_len);
        report.note(path, Rule::MinLength, Some(bounds.min_len.into()), message);
        return None;
    }
    if let Some(most) = bounds.max_len
        && length > most
    {
        let quantifier = if is_exact { "exactly" } else { "at most" };
        let message = format!("must be {quantifier} {most} characters, got {length}");
        report.note(path, Rule::MaxLength, Some(most.into()), message);
        return None;
    }
    // The length is checked first, so that the checks below run on bounded text.
    if let Some(format) = bounds.format
        && !format::has_format(format, &text)
    {
        let message = format!("must be {}, got {}", format::expected(format), echo(raw, path));
        report.note(path, Rule::Format, Some(format.name().into()), message);
        return None;
    }
    if let Some(pattern) = &bounds.pattern
        && !pattern.is_match(&text)
    {
        let message = format!("must match {}, got {}", pattern.source(), echo(raw, path));
        report.note(path, Rule::Pattern, Some(pattern.source().into()), message);
        return None;
    }
    Some(ParsedValue::Text(text))
}

fn variant<'v>(
    raw: &'v str,
    values: &[&str],
    path: &ValuePath<'_>,
    report: &mut ViolationReport,
) -> Option<ParsedValue<'v>> {
    if !raw.starts_with('"') {
        return mistyped("a string", raw, path, report);
    }
    let text = unquoted(raw, path, report)?;
    if let Some(index) = values.iter().position(|value| *value == text) {
        return Some(ParsedValue::Variant(index));
    }
    let listed = listing(values);
    let message = match name::nearest(&text, values.iter().copied()) {
        Some(meant) if !path.is_secret() => {
            format!("must be one of {listed}, got {}; did you mean \"{meant}\"?", escaped_excerpt(raw))
        }
        _ => format!("must be one of {listed}, got {}", echo(raw, path)),
    };
    report.note(path, Rule::Enum, Some(serde_json::Value::from(values.to_vec())), message);
    None
}

/// Lists the values of an enum for a message.
fn listing(values: &[&str]) -> String {
    /// Maximum number of values in a message.
    const MAX_LISTED: usize = 16;
    let mut listed: Vec<String> =
        values.iter().take(MAX_LISTED).map(|value| format!("\"{value}\"")).collect();
    if let Some(more) = values.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
        listed.push(format!("{more} more"));
    }
    listed.join(", ")
}
