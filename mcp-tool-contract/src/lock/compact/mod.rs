//! Binary form of a locked contract without title and descriptions. `#[mcp_tool]` writes it into the generated code as
//! a byte-string literal, which the compiler copies without evaluation.
//!
//! In nearly all builds the contract didn't change, and [`is_unchanged`] detects that in one pass over the bytes. Only
//! if it returns `false`, [`CompactContract`] decodes the bytes into a [`Contract`], and the full comparison
//! ([`compare`](crate::judge::compare)) compares that with the new contract. In const evaluation each step takes about
//! 1 µs and each function call about 20 µs, so [`is_unchanged`] reads numbers and texts with macros.

use crate::{
    bounds::{Field, Format, Items, Kind, Literal, LiteralValue, Member, Object, Schema, Text},
    model::{Contract, Gate, Hints, Param, Rate, ToolOutput},
};

/// Annotation bits of a parameter, which aren't part of its schema: bit 0 for a secret, bits 1 and 2 for the kind of
/// the default (0 none, 2 a number with a point or an exponent, 1 any other), bit 3 for a header that mirrors the
/// argument. A field of a result has the single bit `required` instead.
const fn annotation_bits(secret: bool, default: &Option<Literal>, mirrored: bool) -> u8 {
    let default = match default {
        None => 0,
        Some(Literal { value: LiteralValue::Number(_), .. }) => 2,
        Some(_) => 1,
    };
    secret as u8 | default << 1 | if mirrored { MIRRORED } else { 0 }
}

/// Annotation bit of a parameter that a header mirrors.
const MIRRORED: u8 = 1 << 3;

/// First byte of a schema: one bit for `optional`, one for an array, and the annotation bits `mark`.
const fn value_bits(optional: bool, items: bool, mark: u8) -> u8 {
    optional as u8 | (items as u8) << 1 | mark << 2
}

/// Tag of a string, with bits for a pattern and the format.
const fn string_bits(pattern: bool, format: Option<Format>) -> u8 {
    let format = match format {
        Some(format) => format as u8 + 1,
        None => 0,
    };
    STRING | (pattern as u8) << 3 | format << 4
}

/// Lowest four bits of the first byte of a contract.
const fn hint_bits(hints: Hints) -> u8 {
    let Hints { read_only, destructive, idempotent, open_world } = hints;
    read_only as u8 | (destructive as u8) << 1 | (idempotent as u8) << 2 | (open_world as u8) << 3
}

/// First byte of a contract: the hints, and one bit for each of the rare parts that follow the scopes. An absent rare
/// part takes no space.
const fn first_byte(hints: Hints, rate: bool, gate: bool, upstreams: bool, task: bool) -> u8 {
    let mut head = hint_bits(hints);
    head |= if rate { RATE } else { 0 };
    head |= if gate { GATE } else { 0 };
    head |= if task { TASK } else { 0 };
    head | if upstreams { UPSTREAMS } else { 0 }
}

// Bits of the rare parts in the first byte of a contract.
const RATE: u8 = 1 << 4;
const GATE: u8 = 1 << 5;
const UPSTREAMS: u8 = 1 << 6;
const TASK: u8 = 1 << 7;

// Tags of kinds. A schema consists of its first byte, the bounds of an array if it is one, a byte whose lowest three
// bits are the tag, and the bounds of the kind.
const BOOLEAN: u8 = 0;
const INTEGER: u8 = 1;
const NUMBER: u8 = 2;
const STRING: u8 = 3;
const ENUM: u8 = 4;
const OBJECT: u8 = 5;

/// Reads the next byte. At the end of the bytes, returns 255. The bytes that this macro reads never equal 255: the first
/// byte of a contract would need the bits of both `read_only` and `destructive`, which no tool has, and the other bytes
/// don't use all bits.
macro_rules! next_byte {
    ($bytes:ident) => {
        match $bytes {
            [byte, rest @ ..] => {
                $bytes = rest;
                *byte
            }
            [] => u8::MAX,
        }
    };
}

/// Reads the next number: 0 and 2 bytes if the number fits into `u16`, otherwise 1 and 16 bytes, little-endian. An
/// absent bound was written as -1.
///
/// At the end of the bytes, returns -2. If an integer's bound is -2 too, the missing end of the bytes is detected
/// later, at the latest by the last check of `is_unchanged`.
macro_rules! next_number {
    ($bytes:ident) => {
        match $bytes {
            [0, low, high, rest @ ..] => {
                $bytes = rest;
                *low as i128 | (*high as i128) << 8
            }
            _ => match long_number($bytes) {
                Some((number, rest)) => {
                    $bytes = rest;
                    number
                }
                None => -2,
            },
        }
    };
}

#[expect(unnameable_types, reason = "constants of a trait are public, and these are its hidden steps")]
mod decode;
mod encode;

pub use decode::CompactContract;
pub use encode::encode;

/// Reads a number in the long form of 16 bytes. `None` if another form or the end of the bytes follows.
const fn long_number(bytes: &'static [u8]) -> Option<(i128, &'static [u8])> {
    match bytes {
        [1, rest @ ..] => match rest.split_first_chunk::<16>() {
            Some((number, rest)) => Some((i128::from_le_bytes(*number), rest)),
            None => None,
        },
        _ => None,
    }
}

/// Reads the next text: its length in bytes, and the bytes. Evaluates to `true` if the text equals `$text`.
macro_rules! consume_text {
    ($bytes:ident, $text:expr) => {{
        let mut text: &[u8] = $text.as_bytes();
        let length = next_number!($bytes);
        if length != text.len() as i128 {
            false
        } else {
            while let ([a, b, c, d, rest @ ..], [e, f, g, h, text_rest @ ..]) = ($bytes, text) {
                if *a != *e || *b != *f || *c != *g || *d != *h {
                    break;
                }
                ($bytes, text) = (rest, text_rest);
            }
            while let ([a, rest @ ..], [b, text_rest @ ..]) = ($bytes, text) {
                if *a != *b {
                    break;
                }
                ($bytes, text) = (rest, text_rest);
            }
            text.is_empty()
        }
    }};
}

/// Returns `true` only if [`compare`](crate::judge::compare) would find no change, apart from titles, descriptions and
/// order. May return `false` for equal contracts. `locked` is the output of [`encode()`].
///
/// `same_names` must be `true` only if both contracts have parameters of the same names in the same order.
/// `#[mcp_tool]` compares the names, because a macro does so faster than const evaluation.
#[must_use]
pub const fn is_unchanged(new: &Contract, locked: &'static [u8], same_names: bool) -> bool {
    // Destructured in full, so that a new field doesn't compile until it is compared.
    let Contract {
        name: _,
        version: _,
        title: _,
        description: _,
        input,
        constraints,
        output,
        scopes,
        hints,
        timeout_ms,
        concurrency,
        rate,
        gate,
        upstreams,
        task,
        deprecation,
        weakens,
    } = new;
    let mut bytes = locked;
    if next_byte!(bytes)
        != first_byte(*hints, rate.is_some(), gate.is_some(), !upstreams.is_empty(), task.is_some())
    {
        return false;
    }
    let same_timeout = match timeout_ms {
        None => next_byte!(bytes) == 0,
        Some(limit) => next_byte!(bytes) == 1 && next_number!(bytes) == *limit as i128,
    };
    let same_concurrency = match concurrency {
        None => next_byte!(bytes) == 0,
        Some(limit) => next_byte!(bytes) == 1 && next_number!(bytes) == *limit as i128,
    };
    if !same_timeout || !same_concurrency || next_number!(bytes) != scopes.len() as i128 {
        return false;
    }
    let mut i = 0;
    while i < scopes.len() {
        if !consume_text!(bytes, scopes[i]) {
            return false;
        }
        i += 1;
    }
    if let Some(Rate { calls, window }) = rate
        && !(next_number!(bytes) == *calls as i128 && next_byte!(bytes) == *window as u8)
    {
        return false;
    }
    if let Some(Gate::Scope(scope)) = gate
        && !consume_text!(bytes, scope)
    {
        return false;
    }
    if let Some(task) = task
        && next_byte!(bytes) != *task as u8
    {
        return false;
    }
    if !upstreams.is_empty() {
        if next_number!(bytes) != upstreams.len() as i128 {
            return false;
        }
        let mut i = 0;
        while i < upstreams.len() {
            if !consume_text!(bytes, upstreams[i]) {
                return false;
            }
            i += 1;
        }
    }
    if !same_names || next_number!(bytes) != input.len() as i128 {
        return false;
    }
    let mut i = 0;
    while i < input.len() {
        let Param { name: _, description: _, schema: new_schema, default, secret, header } = &input[i];
        match schema(bytes, new_schema, annotation_bits(*secret, default, header.is_some())) {
            Some(rest) => bytes = rest,
            None => return false,
        }
        let same_default = match default {
            None => true,
            Some(Literal { value: LiteralValue::Number(value), json }) => {
                next_number!(bytes) == value.to_bits() as i128 && consume_text!(bytes, json)
            }
            Some(Literal { json, .. }) => consume_text!(bytes, json),
        };
        if !same_default {
            return false;
        }
        if let Some(header) = header
            && !consume_text!(bytes, header)
        {
            return false;
        }
        i += 1;
    }
    let same_output = match output {
        ToolOutput::Nothing => next_byte!(bytes) == 0,
        ToolOutput::Text => next_byte!(bytes) == 1,
        ToolOutput::Content => next_byte!(bytes) == 4,
        ToolOutput::Object(new_object) | ToolOutput::Paged(new_object) => {
            next_byte!(bytes) == 2
                && match object(bytes, new_object) {
                    Some(rest) => {
                        bytes = rest;
                        true
                    }
                    None => false,
                }
        }
        ToolOutput::Dynamic(_) | ToolOutput::FromLock(_) => false,
    };
    // Constraints, deprecations and reasons are rare: the full comparison handles them. The last byte read is 0 if the
    // locked contract has none of them.
    same_output
        && constraints.is_none()
        && deprecation.is_none()
        && weakens.is_empty()
        && matches!(bytes, [0, ..])
}

/// Returns the bytes after the schema if the schema and its annotation bits equal `new` and `mark`, otherwise `None`.
const fn schema(mut bytes: &'static [u8], new: &Schema, mark: u8) -> Option<&'static [u8]> {
    let Schema { kind, items, optional } = new;
    // The same as `value_bits`, without a function call.
    if next_byte!(bytes) != *optional as u8 | (items.is_some() as u8) << 1 | mark << 2 {
        return None;
    }
    if let Some(Items { min, max }) = items {
        let most = match max {
            Some(most) => *most as i128,
            None => -1,
        };
        if next_number!(bytes) != *min as i128 || next_number!(bytes) != most {
            return None;
        }
    }
    let same = match kind {
        Kind::Boolean => next_byte!(bytes) == BOOLEAN,
        Kind::Integer { minimum, maximum } => {
            next_byte!(bytes) == INTEGER && next_number!(bytes) == *minimum && next_number!(bytes) == *maximum
        }
        Kind::Number { minimum, maximum } => {
            next_byte!(bytes) == NUMBER
                && next_number!(bytes) == bits(*minimum)
                && next_number!(bytes) == bits(*maximum)
        }
        Kind::Text(Text { min_len, max_len, pattern, format }) => {
            let most = match max_len {
                Some(most) => *most as i128,
                None => -1,
            };
            next_byte!(bytes) == string_bits(pattern.is_some(), *format)
                && next_number!(bytes) == *min_len as i128
                && next_number!(bytes) == most
                && match pattern {
                    Some(pattern) => consume_text!(bytes, pattern.source()),
                    None => true,
                }
        }
        Kind::Enum(values) => {
            let mut same = next_byte!(bytes) == ENUM && next_number!(bytes) == values.len() as i128;
            let mut i = 0;
            while same && i < values.len() {
                same = consume_text!(bytes, values[i]);
                i += 1;
            }
            same
        }
        Kind::Object(new_object) => {
            return if next_byte!(bytes) == OBJECT { object(bytes, new_object) } else { None };
        }
    };
    if same { Some(bytes) } else { None }
}

/// Returns the bytes after the object if the object equals `new`, otherwise `None`.
const fn object(mut bytes: &'static [u8], new: &'static Object) -> Option<&'static [u8]> {
    if next_number!(bytes) == new.count() as i128 { members(bytes, new) } else { None }
}

/// Returns the bytes after the members of `new` if the next members equal them, otherwise `None`.
const fn members(mut bytes: &'static [u8], new: &'static Object) -> Option<&'static [u8]> {
    let mut i = 0;
    while i < new.members.len() {
        let rest = match &new.members[i] {
            Member::Field(Field { name, description: _, schema: new_schema, required }) => {
                if !consume_text!(bytes, name) {
                    return None;
                }
                schema(bytes, new_schema, *required as u8)
            }
            Member::Flatten(inner) => members(bytes, inner),
            // Tags (serde's `tag`) are rare: the full comparison handles them.
            Member::Tag(..) => return None,
        };
        match rest {
            Some(rest) => bytes = rest,
            None => return None,
        }
        i += 1;
    }
    Some(bytes)
}

/// Returns the number in which a float's bound is written: its IEEE 754 bits, or -1 without a bound.
const fn bits(bound: Option<f64>) -> i128 {
    match bound {
        Some(bound) => bound.to_bits() as i128,
        None => -1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        json::schema::Prose,
        judge,
        model::{Version, Window},
        pattern::Pattern,
    };

    const FIELD: Field = Field::new("name", "", Kind::Enum(&["a", "bc"]).schema());
    const OUTER: Object = Object { members: &[Member::Field(FIELD), Member::Flatten(&INNER)] };
    const INNER: Object = Object {
        members: &[Member::Field(Field::new(
            "at",
            "",
            Kind::Number { minimum: Some(0.5), maximum: None }.schema().array(),
        ))],
    };
    const NAME: Param = Param::new("name", "", Kind::TEXT.schema())
        .max_len(40)
        .pattern(Pattern::from_lock("^[a-z]+$"))
        .header("Name");
    const COUNT: Param = Param::new("count", "", Kind::Integer { minimum: -1, maximum: 1 << 40 }.schema());
    const TEN: Literal = Literal { value: LiteralValue::Integer(10), json: "10" };
    const TEN_A_MINUTE: Rate = Rate { calls: 10, window: Window::Minute };
    const CONTRACT: Contract = Contract {
        name: "make",
        version: Version { major: 1, minor: 0 },
        input: &[NAME, COUNT],
        output: ToolOutput::Object(&OUTER),
        scopes: &["things:make"],
        timeout_ms: Some(70_000),
        rate: Some(TEN_A_MINUTE),
        gate: Some(Gate::Scope("things:break")),
        upstreams: &["billing"],
        ..Contract::EMPTY
    };

    #[test]
    fn changed_parts_are_detected() {
        let bytes: &'static [u8] = encode(&CONTRACT).leak();
        assert!(is_unchanged(&CONTRACT, bytes, true));
        assert!(!is_unchanged(&CONTRACT, bytes, false));
        let changed = [
            Contract { input: &[COUNT, NAME], ..CONTRACT },
            Contract { input: &[NAME], ..CONTRACT },
            Contract { input: const { &[NAME.max_len(39), COUNT] }, ..CONTRACT },
            Contract { input: const { &[NAME.secret(), COUNT] }, ..CONTRACT },
            Contract { input: const { &[NAME, COUNT.default(TEN)] }, ..CONTRACT },
            Contract { input: const { &[NAME.header("Game"), COUNT] }, ..CONTRACT },
            Contract { input: const { &[NAME, COUNT.header("Count")] }, ..CONTRACT },
            Contract { input: const { &[Param { header: None, ..NAME }, COUNT] }, ..CONTRACT },
            Contract { output: ToolOutput::Object(&INNER), ..CONTRACT },
            Contract { scopes: &["things:mark"], ..CONTRACT },
            Contract { timeout_ms: Some(70_001), ..CONTRACT },
            Contract { concurrency: Some(1), ..CONTRACT },
            Contract { rate: None, ..CONTRACT },
            Contract { rate: Some(Rate { calls: 11, ..TEN_A_MINUTE }), ..CONTRACT },
            Contract { rate: Some(Rate { window: Window::Hour, ..TEN_A_MINUTE }), ..CONTRACT },
            Contract { gate: None, ..CONTRACT },
            Contract { gate: Some(Gate::Scope("things:brake")), ..CONTRACT },
            Contract { upstreams: &[], ..CONTRACT },
            Contract { upstreams: &["billings"], ..CONTRACT },
            Contract { upstreams: &["billing", "mail"], ..CONTRACT },
            Contract { hints: Hints { open_world: true, ..CONTRACT.hints }, ..CONTRACT },
        ];
        for contract in &changed {
            assert!(!is_unchanged(contract, bytes, true), "{contract:?}");
        }
    }

    #[test]
    fn truncated_bytes_count_as_changed() {
        let bytes: &'static [u8] = encode(&CONTRACT).leak();
        // `is_unchanged` reads the bytes up to the flag for constraints, deprecation and reasons, which is 0. Only
        // the full comparison reads the rest, which has less than 60 bytes.
        let shortest = (0..=bytes.len()).find(|length| is_unchanged(&CONTRACT, &bytes[..*length], true));
        assert!(
            shortest.is_some_and(|length| length > bytes.len() - 60 && bytes[length - 1] == 0),
            "{shortest:?}"
        );
        // The full comparison of the same contract finds no change, as `is_unchanged` promises.
        assert!(judge::compare::<8>(&CONTRACT, &CONTRACT, Prose::Kept).is_empty());
    }
}
