//! The arguments of a call in a form that compares: however they were spelled, the same call is the same text.

use std::collections::BTreeMap;

use serde_json::{Value, value::RawValue};

use super::number::{Whole, whole};
use crate::{bounds::Kind, digest::Digest, model::Param};

/// Integers beyond this lose digits as RFC 8785 writes numbers, so they become text (RFC 8785, appendix D).
const EXACT: i128 = 1 << 53;

/// The digest of the arguments that were given or defaulted, in RFC 8785 form, without those that `skip` names.
///
/// `json` is an object that [`read`](super::arguments::read) has taken. What isn't there and `null` where it
/// means the same are left out; `10`, `1e1` and `10.0` are one integer.
pub fn digest(json: &str, params: &[Param], skip: impl Fn(&Param) -> bool) -> Option<Digest> {
    let given: BTreeMap<String, &RawValue> = serde_json::from_str(json).ok()?;
    let mut canonical: BTreeMap<&str, Value> = BTreeMap::new();
    for param in params.iter().filter(|param| !skip(param)) {
        let raw = given.get(param.name).map(|raw| raw.get());
        let raw = raw.filter(|raw| *raw != "null" || param.is_required());
        if let Some(raw) = raw.or(param.default.map(|default| default.json)) {
            canonical.insert(param.name, value(raw, &param.schema.kind)?);
        }
    }
    Digest::of_canonical(&canonical).ok()
}

fn value(raw: &str, kind: &Kind) -> Option<Value> {
    if raw.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
        return items.into_iter().map(|item| value(item.get(), kind)).collect();
    }
    match (kind, raw.as_bytes().first()) {
        (Kind::Integer { .. }, Some(b'-' | b'0'..=b'9')) => match whole(raw) {
            Whole::Exact(exact) if exact.abs() < EXACT => Some(Value::from(i64::try_from(exact).ok()?)),
            Whole::Exact(exact) => Some(Value::from(exact.to_string())),
            Whole::Huge | Whole::Fraction => Some(Value::from(raw)),
        },
        _ => serde_json::from_str(raw).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::{Literal, LiteralValue};

    const PARAMS: &[Param] = &[
        Param::new("n", "", Kind::Integer { minimum: 0, maximum: u64::MAX as i128 }.schema()),
        Param::new("tags", "", Kind::TEXT.schema().array().optional()),
        Param::new("word", "", Kind::TEXT.schema())
            .default(Literal { value: LiteralValue::String("a"), json: "\"a\"" }),
        Param::new("pin", "", Kind::TEXT.schema().optional()).secret(),
    ];

    fn of(json: &str) -> Option<Digest> {
        digest(json, PARAMS, |param| param.secret)
    }

    #[test]
    fn the_same_call_has_one_digest_however_it_is_spelled() {
        let plain = of(r#"{"n":10,"tags":["é"]}"#);
        assert!(plain.is_some());
        for same in [
            r#"{"tags":["\u00e9"], "n": 1e1}"#,
            r#"{"n":10.0,"tags":["é"],"word":"a"}"#,
            r#"{"n":10,"tags":["é"],"word":null,"pin":null}"#,
            r#"{"n":10,"tags":["é"],"pin":"1234"}"#,
        ] {
            assert_eq!(of(same), plain, "{same}");
        }
    }

    #[test]
    fn another_call_has_another_digest() {
        let calls = [
            r#"{"n":10}"#,
            r#"{"n":11}"#,
            r#"{"n":"10"}"#,
            r#"{"n":9007199254740992}"#,
            r#"{"n":9007199254740993}"#,
            r#"{"n":10,"tags":[]}"#,
            r#"{"n":10,"word":"b"}"#,
        ];
        let digests: std::collections::HashSet<_> = calls.iter().map(|call| of(call)).collect();
        assert_eq!(digests.len(), calls.len());
        assert_eq!(of("[1]"), None);
    }
}
