//! Second implementation of argument validation. It uses only the schema that `tools/list` shows.

use serde_json::{Map, Value, json};

use crate::json_tree::Json;

/// Returns the arguments as the tool receives them; `Some(Err(()))` if they violate the tool's schema.
///
/// Returns `None` if a number has more digits than a double can hold: the schema does not say how such a number is
/// rounded.
pub(crate) fn read(schema: &Value, arguments: Option<&Json>) -> Option<Result<Map<String, Value>, ()>> {
    let none = Json::Object(Vec::new());
    let given = match arguments {
        None | Some(Json::Null) => &none,
        Some(given) => given,
    };
    let Json::Object(members) = given else { return Some(Err(())) };
    let declared = schema["properties"].as_object()?;
    let required = |name: &str| {
        schema["required"].as_array().is_some_and(|all| all.iter().any(|required| required == name))
    };
    let is_twice = members
        .iter()
        .enumerate()
        .any(|(at, (name, _))| members[..at].iter().any(|(earlier, _)| earlier == name));
    let is_unknown = members.iter().any(|(name, _)| !declared.contains_key(name));
    let mut read = Map::new();
    let mut is_invalid = is_twice || is_unknown;
    for (name, schema) in declared {
        match given.member(name) {
            None => is_invalid |= required(name),
            Some(Json::Null) if !required(name) => {}
            Some(given) => match value(schema, given)? {
                Ok(value) => drop(read.insert(name.clone(), value)),
                Err(()) => is_invalid = true,
            },
        }
    }
    Some(if is_invalid { Err(()) } else { Ok(read) })
}

fn value(schema: &Value, given: &Json) -> Option<Result<Value, ()>> {
    Some(match (schema["type"].as_str()?, given) {
        ("boolean", Json::Bool(given)) => Ok(json!(given)),
        ("string", Json::Text(given)) => {
            if is_text(schema, given) {
                Ok(json!(given))
            } else {
                Err(())
            }
        }
        ("integer", Json::Number(written)) => integer(schema, written),
        ("number", Json::Number(written)) => return number(schema, written),
        ("array", Json::List(items)) => {
            let within = within(schema, "minItems", "maxItems", items.len());
            let read: Vec<_> =
                items.iter().map(|item| value(&schema["items"], item)).collect::<Option<_>>()?;
            let read: Result<Vec<Value>, ()> = read.into_iter().collect();
            read.and_then(|read| if within { Ok(json!(read)) } else { Err(()) })
        }
        _ => Err(()),
    })
}

fn within(schema: &Value, least: &str, most: &str, length: usize) -> bool {
    let bound = |name: &str| schema[name].as_u64().map(|bound| bound as usize);
    bound(least).is_none_or(|least| length >= least) && bound(most).is_none_or(|most| length <= most)
}

fn is_text(schema: &Value, given: &str) -> bool {
    let is_listed = |all: &Vec<Value>| all.iter().any(|one| one == given);
    let fits = match schema["pattern"].as_str() {
        None => true,
        Some("^[a-z]+$") => !given.is_empty() && given.chars().all(|letter| letter.is_ascii_lowercase()),
        Some("^[0-9]+$") => !given.is_empty() && given.chars().all(|digit| digit.is_ascii_digit()),
        Some(other) => panic!("unknown pattern {other}"),
    };
    fits && schema["enum"].as_array().is_none_or(is_listed)
        && within(schema, "minLength", "maxLength", given.chars().count())
}

/// Reads an integer from its decimal digits. `1.0` and `10e-1` are 1.
pub(crate) fn integer(schema: &Value, written: &str) -> Result<Value, ()> {
    let (is_negative, unsigned) = match written.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, written),
    };
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{before}{after}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return bounded(schema, 0);
    }
    // With an exponent that doesn't fit `i64`, the number exceeds every bound or is not an integer.
    let exponent: i64 = exponent.parse().map_err(drop)?;
    let shift = exponent - after.len() as i64;
    let significant = digits.trim_end_matches('0');
    // Zeros after the significant digits; negative for a fraction. An `i64` has at most 19 digits.
    let zeros = (digits.len() - significant.len()) as i64 + shift;
    if !(0..=25).contains(&zeros) || significant.len() > 25 {
        return Err(());
    }
    let whole: i128 = format!("{significant}{}", "0".repeat(zeros as usize)).parse().map_err(drop)?;
    bounded(schema, if is_negative { -whole } else { whole })
}

fn bounded(schema: &Value, whole: i128) -> Result<Value, ()> {
    let bound = |name: &str| schema[name].as_i64().map(i128::from);
    let is_within = bound("minimum").is_none_or(|least| whole >= least)
        && bound("maximum").is_none_or(|most| whole <= most);
    if is_within { i64::try_from(whole).map(Value::from).map_err(drop) } else { Err(()) }
}

fn number(schema: &Value, written: &str) -> Option<Result<Value, ()>> {
    let read: f64 = written.parse().ok()?;
    // Numbers with many digits, and numbers such as 1e-400, which a double rounds to 0.
    let is_too_precise = written.bytes().filter(u8::is_ascii_digit).count() > 15
        || (read == 0.0 && written.contains(['1', '2']));
    if read.is_finite() && is_too_precise {
        return None;
    }
    let bound = |name: &str| schema[name].as_f64();
    let is_within = bound("minimum").is_none_or(|least| read >= least)
        && bound("maximum").is_none_or(|most| read <= most);
    Some(if read.is_finite() && is_within { Ok(json!(read)) } else { Err(()) })
}

/// Returns the result of `tool` for these arguments: an object for structured content, or a string for text. Returns
/// `None` for a tool whose result isn't determined by its arguments.
pub(crate) fn echoed(tool: &str, mut read: Map<String, Value>) -> Option<Value> {
    let mut add_default = |name: &str, default: Value| {
        read.entry(name).or_insert(default);
    };
    match tool {
        "measure" => add_default("tags", json!([])),
        "numbers" => {
            add_default("small", json!(7));
            add_default("ratio", Value::Null);
            add_default("flag", json!(true));
        }
        "lists" => {
            add_default("words", json!([]));
            add_default("modes", json!([]));
        }
        "mirrored" => {
            add_default("row", Value::Null);
            add_default("trial", Value::Null);
        }
        "echo" => return read.remove("text"),
        "unlock" => return Some(json!("Done.")),
        _ => return None,
    }
    Some(read.into())
}
