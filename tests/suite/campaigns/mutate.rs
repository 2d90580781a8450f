//! Mutations of text and of JSON values.

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// Changes random bytes of a text, or replaces them by `pieces`, in one place or sometimes in up to four.
pub(super) fn bytes(rng: &mut Rng, text: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..places(rng) {
        let at = rng.usize(0..=text.len());
        let end = (at + rng.usize(0..=16)).min(text.len());
        match rng.u8(0..7) {
            0 if at < text.len() => text[at] ^= 1 << rng.u8(0..8),
            1 if at < text.len() => text[at] = rng.u8(..),
            2 => drop(text.drain(at..end)),
            3 => {
                let repeated = text[at..end].repeat(rng.usize(1..=8));
                text.splice(at..at, repeated);
            }
            4 if rng.u8(0..8) == 0 => text.truncate(at),
            _ if !pieces.is_empty() => {
                let piece = pieces[rng.usize(0..pieces.len())];
                text.splice(at..end, piece.iter().copied());
            }
            _ => text.insert(at, rng.u8(..)),
        }
    }
    text
}

/// Returns a value that parsers and validators often get wrong.
pub(super) fn unusual(rng: &mut Rng) -> Value {
    match rng.u8(0..18) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(0),
        3 => json!(-1),
        4 => json!(1.5),
        5 => json!(i64::MIN),
        6 => json!(u64::MAX),
        7 => json!(1e308),
        8 => json!(""),
        9 => json!("\u{0}\u{202e}\u{2028}\u{feff}\u{1f600}"),
        10 => json!("a".repeat(rng.usize(1..5_000))),
        11 => json!([]),
        12 => json!({}),
        13 => json!([[], {}, null, [[[]]]]),
        14 => json!({ "": null, "__proto__": {}, "a/b~c": 1 }),
        15 => (0..rng.usize(1..80)).fold(json!(1), |value, _| json!([value])),
        16 => json!(vec![0; rng.usize(1..2_000)]),
        _ => json!(rng.u32(..).to_string()),
    }
}

/// Returns the number of places to change: few, because many changes make most inputs invalid for the same reason.
fn places(rng: &mut Rng) -> usize {
    if rng.u8(0..3) > 0 { 1 } else { rng.usize(2..=4) }
}

/// Changes a JSON value in one place, or sometimes in up to four.
pub(super) fn json(rng: &mut Rng, value: &Value) -> Value {
    let mut value = value.clone();
    for _ in 0..places(rng) {
        change(rng, &mut value);
    }
    value
}

fn change(rng: &mut Rng, value: &mut Value) {
    // Deeper places are preferred, because the rest of the message then stays valid.
    let goes_deeper = rng.u8(0..5) > 0;
    match value {
        Value::Object(members) if goes_deeper && !members.is_empty() => {
            let index = rng.usize(0..members.len());
            let key = members.keys().nth(index).unwrap().clone();
            match rng.u8(0..8) {
                0 => drop(members.remove(&key)),
                1 => {
                    let moved = members.remove(&key).unwrap();
                    members.insert(renamed(rng, &key), moved);
                }
                2 => drop(members.insert(renamed(rng, &key), unusual(rng))),
                _ => change(rng, &mut members[&key]),
            }
        }
        Value::Array(items) if goes_deeper && !items.is_empty() => {
            let index = rng.usize(0..items.len());
            match rng.u8(0..6) {
                0 => drop(items.remove(index)),
                1 => items.insert(index, unusual(rng)),
                2 => items.insert(index, items[index].clone()),
                _ => change(rng, &mut items[index]),
            }
        }
        Value::String(text) if goes_deeper => {
            *text = String::from_utf8_lossy(&bytes(rng, text.as_bytes(), &[])).into_owned();
        }
        Value::Number(number) if goes_deeper => {
            let number = number.as_i64().unwrap_or_default();
            *value = match rng.u8(0..4) {
                0 => json!(number.wrapping_neg()),
                1 => json!(number.wrapping_add(1)),
                2 => json!(number as f64 + 0.5),
                _ => json!(number.wrapping_mul(1_000_003)),
            };
        }
        _ => *value = unusual(rng),
    }
}

fn renamed(rng: &mut Rng, key: &str) -> String {
    match rng.u8(0..4) {
        0 => key.to_uppercase(),
        1 => format!("{key}_"),
        2 => String::new(),
        _ => key.chars().rev().collect(),
    }
}

/// Returns the JSON text of an object with one of its members repeated, so that parsers could disagree about its value.
pub(super) fn with_repeated_member(rng: &mut Rng, object: &Map<String, Value>) -> String {
    let text = Value::Object(object.clone()).to_string();
    let Some(key) = object.keys().nth(rng.usize(0..object.len().max(1))) else { return text };
    format!("{{{}:{},{}", json!(key), unusual(rng), &text[1..])
}
