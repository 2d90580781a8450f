//! A single value against its kind.

use std::{borrow::Cow, cmp::Ordering};

use super::{
    format,
    number::{self, ExactInteger},
    violation::{Rule, ValuePath, ViolationReport, shown},
};
use crate::{
    bounds::{Kind, Text},
    name,
};

/// A value that its kind admits, read but not yet the function's own type.
#[derive(Clone, Debug, PartialEq)]
pub enum ParsedValue<'v> {
    /// Of a boolean.
    Boolean(bool),
    /// Of an integer.
    Integer(i128),
    /// Of a number.
    Number(f64),
    /// Of a string.
    Text(Cow<'v, str>),
    /// Of an enum: the index of its value.
    Variant(usize),
}

/// Judges the JSON text of one value; what is wrong goes to the report.
///
/// `raw` is a whole JSON value, as `serde_json`'s `RawValue` lends it.
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
        Kind::String(bounds) => text(raw, bounds, path, report),
        Kind::Enum(values) => variant(raw, values, path, report),
        Kind::Object(_) => mistyped(kind.noun(), raw, path, report),
    }
}

/// Notes that `raw` is of another JSON type than `wanted`.
pub(super) fn mistyped<T>(
    wanted: &str,
    raw: &str,
    path: &ValuePath<'_>,
    report: &mut ViolationReport,
) -> Option<T> {
    let noun = noun(raw);
    let message = match noun {
        "null" => format!("null was sent, {wanted} is wanted"),
        "an array" | "an object" => format!("{noun} was sent, {wanted} is wanted"),
        _ if path.is_secret() => format!("{noun} was sent, {wanted} is wanted"),
        _ => format!("{} is {noun}, {wanted} is wanted", shown(raw)),
    };
    report.note(path, Rule::Type, None, message);
    None
}

/// The JSON type of a value's text, with its article.
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

/// The value as a message may show it.
fn echo(raw: &str, path: &ValuePath<'_>) -> String {
    if path.is_secret() { "the value".into() } else { shown(raw) }
}

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
        ExactInteger::Huge if raw.starts_with('-') => Ordering::Less,
        ExactInteger::Huge => Ordering::Greater,
        ExactInteger::Fraction => {
            let message = format!("{} has a fraction, an integer is wanted", echo(raw, path));
            report.note(path, Rule::Type, None, message);
            return None;
        }
    };
    outside(raw, order, exact(minimum), exact(maximum), path, report)
}

/// A bound as JSON; the bounds of a type up to 64 bits always fit.
fn exact(bound: i128) -> serde_json::Value {
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
            report.note(path, Rule::Type, None, format!("{} is too large to be held", echo(raw, path)));
            return None;
        }
    };
    // Digits alone are compared exactly; with a point or an exponent a number is the nearest float, as the
    // bound is.
    let digits = raw.parse::<i64>().map(i128::from).or_else(|_| raw.parse::<u64>().map(i128::from));
    let against = |bound: f64| match digits {
        Ok(whole) => number::compare(whole, bound),
        Err(_) => value.partial_cmp(&bound).unwrap_or(Ordering::Equal),
    };
    let order = match (minimum, maximum) {
        (Some(least), _) if against(least).is_lt() => Ordering::Less,
        (_, Some(most)) if against(most).is_gt() => Ordering::Greater,
        _ => return Some(ParsedValue::Number(value)),
    };
    outside(raw, order, minimum.into(), maximum.into(), path, report)
}

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
            let message = format!("{given} is under the minimum of {minimum}");
            report.note(path, Rule::Minimum, Some(minimum), message);
        }
        Ordering::Equal | Ordering::Greater => {
            let message = format!("{given} is over the maximum of {maximum}");
            report.note(path, Rule::Maximum, Some(maximum), message);
        }
    }
    None
}

/// The text that a JSON string holds; its own bytes where it has no escapes.
fn unquoted<'v>(raw: &'v str, path: &ValuePath<'_>, report: &mut ViolationReport) -> Option<Cow<'v, str>> {
    let inner = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    if !inner.as_bytes().contains(&b'\\') {
        return Some(Cow::Borrowed(inner));
    }
    match serde_json::from_str::<String>(raw) {
        Ok(text) => Some(Cow::Owned(text)),
        Err(_) => {
            let message = "half of a surrogate pair: a string is whole Unicode characters".into();
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
    let exactly = bounds.max_len == Some(bounds.min_len);
    if length < bounds.min_len {
        let wanted = if exactly { "" } else { "at least " };
        let message = format!("{length} characters, {wanted}{} wanted", bounds.min_len);
        report.note(path, Rule::MinLength, Some(bounds.min_len.into()), message);
        return None;
    }
    if let Some(most) = bounds.max_len
        && length > most
    {
        let (wanted, verb) = if exactly { ("", "wanted") } else { ("at most ", "allowed") };
        let message = format!("{length} characters, {wanted}{most} {verb}");
        report.note(path, Rule::MaxLength, Some(most.into()), message);
        return None;
    }
    // The length is bounded by now: nothing below runs on more than the contract allows.
    if let Some(format) = bounds.format
        && !format::spells(format, &text)
    {
        let message = format!("{} is no {}", echo(raw, path), format.name());
        report.note(path, Rule::Format, Some(format.name().into()), message);
        return None;
    }
    if let Some(pattern) = &bounds.pattern
        && !pattern.is_match(&text)
    {
        let message = format!("{} does not match {}", echo(raw, path), pattern.source());
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
            format!("{} is none of {listed}; did you mean \"{meant}\"?", shown(raw))
        }
        _ => format!("{} is none of {listed}", echo(raw, path)),
    };
    report.note(path, Rule::Enum, Some(serde_json::Value::from(values.to_vec())), message);
    None
}

fn listing(values: &[&str]) -> String {
    const SHOWN: usize = 16;
    let mut listed: Vec<String> = values.iter().take(SHOWN).map(|value| format!("\"{value}\"")).collect();
    if let Some(more) = values.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        listed.push(format!("{more} more"));
    }
    listed.join(", ")
}
