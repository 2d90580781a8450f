//! Generator of random values that a JSON Schema accepts. The schemas are those of the specification and of the tools.

use serde_json::{Map, Number, Value, json};

use crate::{random::Random, rmcp::exchange::Era};

/// The specification's schemas of messages that clients send.
const LEGACY: &str = include_str!("schema/2025-11-25.json");
const MODERN: &str = include_str!("schema/2026-07-28.json");

/// Values at this nesting depth or deeper have no optional members and no optional items.
const MAX_DEPTH: usize = 4;

/// The schemas of both revisions.
pub(crate) struct Schemas {
    legacy: Value,
    modern: Value,
}

impl Schemas {
    /// Reads the schemas.
    pub(crate) fn new() -> Self {
        Schemas {
            legacy: serde_json::from_str(LEGACY).unwrap(),
            modern: serde_json::from_str(MODERN).unwrap(),
        }
    }

    fn of(&self, era: Era) -> &Value {
        match era {
            Era::Legacy => &self.legacy,
            Era::Modern => &self.modern,
        }
    }

    /// Returns a random value that a definition of the specification accepts.
    pub(crate) fn make(&self, random: &mut Random, era: Era, definition: &str) -> Value {
        let root = self.of(era);
        let schema = &root["$defs"][definition];
        assert!(schema.is_object(), "{definition} isn't defined");
        value(random, root, schema, 0)
    }

    /// Returns the names of all requests of an era, except `SubscriptionsListenRequest`.
    pub(crate) fn requests(&self, era: Era) -> Vec<String> {
        let all = self.of(era)["$defs"]["ClientRequest"]["anyOf"].as_array().unwrap();
        let names = all.iter().filter_map(|one| one["$ref"].as_str()?.rsplit('/').next());
        // The response to this request is an endless stream.
        names.filter(|name| *name != "SubscriptionsListenRequest").map(str::to_owned).collect()
    }
}

/// Returns a random value that `schema` accepts. `root` contains the definitions that `schema` refers to.
pub(crate) fn value(random: &mut Random, root: &Value, schema: &Value, depth: usize) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return value(random, root, &root["$defs"][name], depth);
    }
    if let Some(only) = schema.get("const") {
        return only.clone();
    }
    for alternatives in ["enum", "anyOf", "oneOf"] {
        if let Some(all) = schema[alternatives].as_array() {
            let one = &all[random.below(all.len())];
            return if alternatives == "enum" { one.clone() } else { value(random, root, one, depth + 1) };
        }
    }
    if let Some(all) = schema["allOf"].as_array() {
        let parts = all.iter().map(|part| value(random, root, part, depth + 1));
        return parts.filter_map(|part| part.as_object().cloned()).flatten().collect::<Map<_, _>>().into();
    }
    let kind = match &schema["type"] {
        Value::Array(all) => all[random.below(all.len())].as_str(),
        one => one.as_str(),
    };
    match kind {
        Some("object") => object(random, root, schema, depth),
        Some("array") => {
            let least = schema["minItems"].as_u64().unwrap_or(0);
            let most = schema["maxItems"].as_u64().unwrap_or(3).min(6).max(least);
            let items = if depth < MAX_DEPTH {
                least + random.below((most - least + 1) as usize) as u64
            } else {
                least
            };
            (0..items).map(|_| value(random, root, &schema["items"], depth + 1)).collect()
        }
        Some("string") => Value::String(text(random, schema)),
        Some("integer") => whole(random, schema).into(),
        Some("number") => number(random, schema),
        Some("boolean") => random.chance(50).into(),
        Some("null") => Value::Null,
        _ => anything(random, depth),
    }
}

fn object(random: &mut Random, root: &Value, schema: &Value, depth: usize) -> Value {
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let mut made = Map::new();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        if required(name) || (depth < MAX_DEPTH && random.chance(40)) {
            made.insert(name.clone(), value(random, root, member, depth + 1));
        }
    }
    let others = &schema["additionalProperties"];
    let is_open = others.is_object() || others == &Value::Bool(true);
    if is_open && depth < MAX_DEPTH && random.chance(25) {
        let name = format!("example.com/{}", letters(random, 8));
        let member =
            if others.is_object() { value(random, root, others, depth + 1) } else { anything(random, depth) };
        made.insert(name, member);
    }
    made.into()
}

/// Returns any JSON value.
pub(crate) fn anything(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth < MAX_DEPTH { 8 } else { 6 }) {
        0 => Value::Null,
        1 => random.chance(50).into(),
        2 => whole(random, &Value::Null).into(),
        3 => number(random, &Value::Null),
        4 | 5 => Value::String(text(random, &Value::Null)),
        6 => (0..random.below(4)).map(|_| anything(random, depth + 1)).collect(),
        _ => (0..random.below(4))
            .map(|_| (letters(random, 6), anything(random, depth + 1)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

fn whole(random: &mut Random, schema: &Value) -> i64 {
    let least = schema["minimum"].as_i64();
    let most = schema["maximum"].as_i64();
    match (least, most) {
        (None, None) => {
            // The last two are 2^53 - 1 and its negative, the bounds of interoperable integers (RFC 8259 §6).
            *random.pick(&[&0, &1, &-1, &7, &200, &9_007_199_254_740_991, &-9_007_199_254_740_991])
        }
        (least, most) => {
            let least = least.unwrap_or(-9).max(-1_000_000);
            let most = most.unwrap_or(1_000).min(1_000_000);
            least + random.below((most - least + 1) as usize) as i64
        }
    }
}

fn number(random: &mut Random, schema: &Value) -> Value {
    let least = schema["minimum"].as_f64().unwrap_or(-10.0);
    let made = match random.below(4) {
        0 => least.max(0.0),
        1 => least.max(0.0) + 0.5,
        2 => least.max(0.0) + 0.1,
        _ => least,
    };
    let made = made.min(schema["maximum"].as_f64().unwrap_or(f64::MAX));
    Number::from_f64(made).map_or(json!(0), Value::Number)
}

fn text(random: &mut Random, schema: &Value) -> String {
    match schema["format"].as_str() {
        Some("uri") => return format!("https://example.com/{}", letters(random, 6)),
        Some("byte") => return "aGVsbG8=".to_owned(),
        _ => {}
    }
    let least = schema["minLength"].as_u64().unwrap_or(0) as usize;
    let most = schema["maxLength"].as_u64().unwrap_or(24).min(24) as usize;
    let length = least + random.below(most - least + 1);
    match schema["pattern"].as_str() {
        Some("^[a-z]+$") => letters(random, length.max(1)),
        Some("^[0-9]+$") => (0..length).map(|_| char::from(b'0' + random.below(10) as u8)).collect(),
        Some(other) => panic!("the generator doesn't know the pattern {other}"),
        None => (0..length).map(|_| character(random)).collect(),
    }
}

/// Returns `length` random lower-case letters.
pub(crate) fn letters(random: &mut Random, length: usize) -> String {
    (0..length).map(|_| char::from(b'a' + random.below(26) as u8)).collect()
}

/// Returns a character: usually a letter, sometimes a character that needs an escape or several bytes.
fn character(random: &mut Random) -> char {
    match random.below(12) {
        0 => *random.pick(&[&'"', &'\\', &'/', &'\n', &'\t', &'\u{0}', &'\u{1f}', &'\u{7f}']),
        1 => *random.pick(&[
            &'é',
            &'ß',
            &'漢',
            &'😀',
            &'\u{202e}',
            &'\u{200b}',
            &'\u{feff}',
            &'\u{2028}',
            &'\u{ffff}',
        ]),
        2 => *random.pick(&[&' ', &'{', &'}', &'[', &']', &',', &':', &'\'']),
        _ => char::from(b'a' + random.below(26) as u8),
    }
}
