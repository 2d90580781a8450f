//! Writer of JSON values in unusual spellings, some of them with duplicate or unknown members.

use serde_json::Value;

use crate::random::Random;

/// First character of a string that [`write`] writes as raw JSON text instead of a JSON string.
const RAW: char = '\u{e000}';

/// Returns a value that [`write`] writes as this text. The text need not be valid JSON.
pub(crate) fn raw(text: &str) -> Value {
    Value::String(format!("{RAW}{text}"))
}

/// Unusual traits of a spelling.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spelling {
    /// White space between tokens.
    pub(crate) spaces: bool,
    /// Escapes of characters that need none.
    pub(crate) escapes: bool,
    /// Members in random order.
    pub(crate) order: bool,
    /// Integers with a fraction or an exponent.
    pub(crate) numbers: bool,
    /// Duplicate members.
    pub(crate) duplicates: bool,
    /// Added members with unknown names.
    pub(crate) unknown: bool,
}

/// Writes a value in this spelling.
pub(crate) fn write(random: &mut Random, value: &Value, spelling: Spelling) -> String {
    let mut text = String::new();
    write_space(random, &mut text, spelling);
    write_value(random, &mut text, value, spelling);
    write_space(random, &mut text, spelling);
    text
}

fn write_value(random: &mut Random, text: &mut String, value: &Value, spelling: Spelling) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&str, &Value)> =
                members.iter().map(|(name, value)| (name.as_str(), value)).collect();
            if spelling.order {
                for last in (1..members.len()).rev() {
                    members.swap(last, random.below(last + 1));
                }
            }
            let other = Value::from(7);
            if spelling.duplicates && !members.is_empty() && random.chance(25) {
                let (name, value) = members[random.below(members.len())];
                members.push((name, if random.chance(50) { value } else { &other }));
            }
            if spelling.unknown && random.chance(50) {
                let index = random.below(members.len() + 1);
                members.insert(index, (["x-extra", "", "\u{e9}", "Method", "id "][random.below(5)], &other));
            }
            let members = members.into_iter().map(|(name, value)| (Some(name), value));
            write_members(random, text, ('{', '}'), members.collect(), spelling);
        }
        Value::Array(items) => {
            write_members(
                random,
                text,
                ('[', ']'),
                items.iter().map(|item| (None, item)).collect(),
                spelling,
            );
        }
        Value::String(string) => match string.strip_prefix(RAW) {
            Some(raw) => text.push_str(raw),
            None => write_string(random, text, string, spelling),
        },
        Value::Number(number) if spelling.numbers => text.push_str(&respelled(random, &number.to_string())),
        plain => text.push_str(&plain.to_string()),
    }
}

/// Writes an object or an array. Items of an array have no name.
fn write_members(
    random: &mut Random,
    text: &mut String,
    (open, close): (char, char),
    parts: Vec<(Option<&str>, &Value)>,
    spelling: Spelling,
) {
    text.push(open);
    write_space(random, text, spelling);
    for (index, (name, value)) in parts.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
            write_space(random, text, spelling);
        }
        if let Some(name) = name {
            write_string(random, text, name, spelling);
            write_space(random, text, spelling);
            text.push(':');
            write_space(random, text, spelling);
        }
        write_value(random, text, value, spelling);
        write_space(random, text, spelling);
    }
    text.push(close);
}

fn write_space(random: &mut Random, text: &mut String, spelling: Spelling) {
    while spelling.spaces && random.chance(40) {
        text.push(*random.pick(&[&' ', &'\t', &'\n', &'\r']));
    }
}

fn write_string(random: &mut Random, text: &mut String, string: &str, spelling: Spelling) {
    if !spelling.escapes {
        text.push_str(&Value::from(string).to_string());
        return;
    }
    text.push('"');
    for character in string.chars() {
        match character {
            '/' if random.chance(50) => text.push_str("\\/"),
            '"' | '\\' => {
                text.push('\\');
                text.push(character);
            }
            '\u{0}'..='\u{1f}' => text.push_str(&escaped(random, character)),
            _ if random.chance(25) => text.push_str(&escaped(random, character)),
            _ => text.push(character),
        }
    }
    text.push('"');
}

/// Returns the escape of a character, in hexadecimal digits of either case.
fn escaped(random: &mut Random, character: char) -> String {
    let mut units = [0; 2];
    let units = character.encode_utf16(&mut units).iter();
    units
        .map(|unit| if random.chance(50) { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") })
        .collect()
}

/// Returns the same number, usually in another spelling.
fn respelled(random: &mut Random, number: &str) -> String {
    if number.contains(['.', 'e', 'E']) {
        return number.replace('e', "E");
    }
    match random.below(5) {
        0 => format!("{number}.0"),
        1 => format!("{number}e0"),
        2 => format!("{number}0E-1"),
        3 => format!("{number}.000e+00"),
        _ if number == "0" => "-0".to_owned(),
        _ => number.to_owned(),
    }
}
