//! Canonical form of a call's arguments (RFC 8785, JSON Canonicalization Scheme). Arguments with equal values have the
//! same canonical text, even if their JSON text differs. Audit records contain the digest of this text, and page
//! cursors are bound to the digest.

use std::collections::BTreeMap;

use serde_json::{Value, value::RawValue};

use super::{
    arguments::ArgumentText,
    number::{ExactInteger, exact_integer},
    scan::{JsonScanner, NotJson},
};
use crate::{bounds::Kind, digest::Digest, model::Param};

/// RFC 8785 writes integers with a magnitude below this bound exactly. The canonical form contains all other integers
/// as strings (appendix D).
const EXACT_BELOW: i128 = 1 << 53;

/// Parameters whose arguments the canonical form includes, sorted by name. Created once per tool.
#[derive(Clone, Debug)]
pub struct CanonicalForm {
    /// Included parameters, each with its index among all parameters.
    params: Box<[(usize, Param)]>,
}

impl CanonicalForm {
    /// Includes all parameters except those for which `skip` returns `true`, such as secrets.
    pub fn new(params: &[Param], skip: impl Fn(&Param) -> bool) -> Self {
        let params = params.iter().copied().enumerate().filter(|(_, param)| !skip(param));
        let mut params: Vec<(usize, Param)> = params.collect();
        // RFC 8785 §3.2.3 sorts by UTF-16; names of parameters are ASCII.
        params.sort_unstable_by_key(|(_, param)| param.name);
        CanonicalForm { params: params.into() }
    }

    /// Digests the RFC 8785 form of the included arguments, with defaults for absent arguments.
    ///
    /// [`read`](super::arguments::read) must have accepted the arguments. Arguments that are absent or `null` and have
    /// no default are omitted. `10`, `1e1` and `10.0` are the same integer. `None` if the arguments can't be parsed.
    #[must_use]
    pub fn digest(&self, sent: &ArgumentText<'_>) -> Option<Digest> {
        self.fast_text(sent)
            .ok()
            .map(|text| Digest::of_bytes(&text))
            .or_else(|| self.digest_by_parsing(sent.text()))
    }

    /// Fast path: writes the canonical text. Fails if [`write_canonical`] fails for a value, or if `sent` doesn't
    /// remember the value of a parameter, because the tool has too many parameters.
    fn fast_text(&self, sent: &ArgumentText<'_>) -> Result<Vec<u8>, NotJson> {
        let mut text = Vec::with_capacity(sent.text().len() + 64);
        text.push(b'{');
        for (index, param) in &self.params {
            // The text of an absent argument is empty.
            let raw = Some(sent.given(*index).ok_or(NotJson)?).filter(|raw| !raw.is_empty());
            let raw = raw.filter(|raw| *raw != "null" || param.is_required());
            let Some(raw) = raw.or(param.default.map(|default| default.json)) else { continue };
            if text.len() > 1 {
                text.push(b',');
            }
            text.push(b'"');
            text.extend_from_slice(param.name.as_bytes());
            text.extend_from_slice(b"\":");
            write_canonical(&mut text, raw, &param.schema.kind)?;
        }
        text.push(b'}');
        Ok(text)
    }

    /// Slow path: parses and serializes the arguments.
    fn digest_by_parsing(&self, json: &str) -> Option<Digest> {
        let given: BTreeMap<String, &RawValue> = serde_json::from_str(json).ok()?;
        let mut canonical: BTreeMap<&str, Value> = BTreeMap::new();
        for (_, param) in &self.params {
            let raw = given.get(param.name).map(|raw| raw.get());
            let raw = raw.filter(|raw| *raw != "null" || param.is_required());
            if let Some(raw) = raw.or(param.default.map(|default| default.json)) {
                canonical.insert(param.name, canonical_value(raw, &param.schema.kind)?);
            }
        }
        Digest::of_canonical(&canonical).ok()
    }
}

/// Writes a boolean, an integer, a string without escapes, or an array of such values, if its text is in RFC 8785 form
/// except for white space between array items. Fails for all other values, which need the slow path.
fn write_canonical(text: &mut Vec<u8>, raw: &str, kind: &Kind) -> Result<(), NotJson> {
    match raw.as_bytes() {
        [b'[', ..] => {
            let mut scan = JsonScanner::new(raw);
            scan.enter_array()?;
            text.push(b'[');
            let mut is_first = true;
            while scan.next_item()? {
                if !std::mem::take(&mut is_first) {
                    text.push(b',');
                }
                write_canonical(text, scan.value()?, kind)?;
            }
            text.push(b']');
            return Ok(());
        }
        // Without a backslash nothing is escaped, and RFC 8785 escapes only characters that every JSON text must
        // escape.
        [b'"', ..] if !raw.as_bytes().contains(&b'\\') => {}
        // At most 15 digits, so the magnitude is below `EXACT_BELOW`.
        [b'-', b'1'..=b'9', digits @ ..] | [b'1'..=b'9', digits @ ..]
            if matches!(kind, Kind::Integer { .. })
                && digits.len() < 15
                && digits.iter().all(u8::is_ascii_digit) => {}
        b"0" | b"true" | b"false" => {}
        _ => return Err(NotJson),
    }
    text.extend_from_slice(raw.as_bytes());
    Ok(())
}

/// Converts the JSON text of a validated value to the form that the slow path serializes.
fn canonical_value(raw: &str, kind: &Kind) -> Option<Value> {
    if raw.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
        return items.into_iter().map(|item| canonical_value(item.get(), kind)).collect();
    }
    match (kind, raw.as_bytes().first()) {
        (Kind::Integer { .. }, Some(b'-' | b'0'..=b'9')) => match exact_integer(raw) {
            ExactInteger::Exact(exact) if exact.abs() < EXACT_BELOW => {
                Some(Value::from(i64::try_from(exact).ok()?))
            }
            ExactInteger::Exact(exact) => Some(Value::from(exact.to_string())),
            // Validation accepts neither.
            ExactInteger::Huge | ExactInteger::Fraction => Some(Value::from(raw)),
        },
        _ => serde_json::from_str(raw).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::arguments::check_sent, *};
    use crate::bounds::{Literal, LiteralValue};

    const PARAMS: &[Param] = &[
        Param::new("n", "", Kind::Integer { minimum: 0, maximum: u64::MAX as i128 }.schema()),
        Param::new("tags", "", Kind::TEXT.schema().array().optional()),
        Param::new("word", "", Kind::TEXT.schema())
            .default(Literal { value: LiteralValue::Text("a"), json: "\"a\"" }),
        Param::new("pin", "", Kind::TEXT.schema().optional()).secret(),
    ];

    /// Validates arguments, which the canonical form requires.
    fn validated<'t>(json: &'t str, params: &[Param]) -> ArgumentText<'t> {
        let sent = ArgumentText::new(json);
        assert_eq!(check_sent(&sent, params), Ok(()), "{json}");
        sent
    }

    // An `ArgumentText` remembers the values of 16 parameters.
    #[test]
    fn digest_works_with_more_parameters_than_are_remembered() {
        const NAMES: [&str; 20] = [
            "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s",
            "t",
        ];
        let params = NAMES.map(|name| Param::new(name, "", Kind::Boolean.schema().optional()));
        let form = CanonicalForm::new(&params, |_| false);
        let digest = |json: &str| form.digest(&validated(json, &params));
        assert!(digest(r#"{"t":true}"#).is_some());
        assert_eq!(digest(r#"{"t":true,"a":false}"#), digest(r#"{"a":false,"t":true,"b":null}"#));
        assert_ne!(digest(r#"{"t":true}"#), digest(r#"{"t":false}"#));
    }

    /// Returns the digest without the secret `pin`. If the fast path succeeds, asserts that the slow path agrees.
    fn digest_of(json: &str) -> Option<Digest> {
        let (form, sent) = (CanonicalForm::new(PARAMS, |param| param.secret), validated(json, PARAMS));
        if let Ok(written) = form.fast_text(&sent) {
            assert_eq!(Some(Digest::of_bytes(&written)), form.digest_by_parsing(json), "{json}");
        }
        form.digest(&sent)
    }

    #[test]
    fn equal_calls_have_one_digest_in_every_spelling() {
        let digest = digest_of(r#"{"n":10,"tags":["é"]}"#);
        assert!(digest.is_some());
        for same in [
            r#"{"tags":["\u00e9"], "n": 1e1}"#,
            r#"{"n":10.0,"tags":["é"],"word":"a"}"#,
            r#"{"n":10,"tags":["é"],"word":null,"pin":null}"#,
            r#"{"n":10,"tags":[ "é" ],"pin":"1234"}"#,
        ] {
            assert_eq!(digest_of(same), digest, "{same}");
        }
    }

    #[test]
    fn fast_path_fails_or_agrees_with_the_slow_path() {
        let form = CanonicalForm::new(PARAMS, |param| param.secret);
        let canonical = [
            r#"{"n":0}"#,
            r#"{"word":"\u007f😀/ é","tags":["b","a",""],"n":123456789012345}"#,
            r#"{"n":7,"tags":[],"word":"","pin":"x"}"#,
            r#" { "tags" : [ "a" , "b" ] , "n" : 7 } "#,
        ];
        // RFC 8785 doesn't escape U+007F, so it is inserted unescaped.
        for json in canonical.map(|json| json.replace("\\u007f", "\u{7f}")) {
            assert!(form.fast_text(&validated(&json, PARAMS)).is_ok(), "{json}");
            assert!(digest_of(&json).is_some());
        }
        let other = [r#"{"n":-0}"#, r#"{"n":1.0}"#, r#"{"n":1234567890123456}"#, r#"{"n":1,"word":"\n"}"#];
        for json in other {
            assert!(form.fast_text(&validated(json, PARAMS)).is_err(), "{json}");
            assert!(digest_of(json).is_some(), "{json}");
        }
        // The fast path also accepts a name with escapes.
        assert!(form.fast_text(&validated(r#"{"\u006e":1}"#, PARAMS)).is_ok());
        let signed = [Param::new("n", "", Kind::Integer { minimum: -9, maximum: 9 }.schema())];
        let (form, sent) = (CanonicalForm::new(&signed, |_| false), validated(r#"{"n":-5}"#, &signed));
        assert_eq!(form.fast_text(&sent).as_deref(), Ok(&br#"{"n":-5}"#[..]));
        assert_eq!(form.digest_by_parsing(sent.text()), form.digest(&sent));
    }

    #[test]
    fn different_calls_have_different_digests() {
        let calls = [
            r#"{"n":10}"#,
            r#"{"n":11}"#,
            r#"{"n":9007199254740992}"#,
            r#"{"n":9007199254740993}"#,
            r#"{"n":10,"tags":[]}"#,
            r#"{"n":10,"word":"b"}"#,
        ];
        let digests: std::collections::HashSet<_> = calls.iter().map(|call| digest_of(call)).collect();
        assert_eq!(digests.len(), calls.len());
    }
}
