//! Decoder of a locked contract's binary form, in const evaluation.
//!
//! A constant can't contain pointers into itself. Decoding therefore takes several passes, and the result of each pass
//! is a constant that points into the results of previous passes. The first pass decodes the texts, the next passes
//! decode the objects from the innermost outwards, and the last pass decodes the contract.

use super::{BOOLEAN, ENUM, GATE, INTEGER, MIRRORED, NUMBER, RATE, STRING, TASK, UPSTREAMS, long_number};
use crate::{
    bounds::{Field, Format, Items, Kind, Literal, LiteralValue, Member, Object, Schema, Text},
    model::{
        Contract, Deprecation, Gate, Hints, Param, Rate, TaskSupport, ToolOutput, Version, Weakening, Window,
    },
    pattern::Pattern,
    rules::ChangeRule,
};

/// Number of levels of nested objects. An object without inner objects has level 0.
const LEVELS: usize = 8;

/// Defines the constants of the passes that decode objects, one pass for each level. `S0` is the input of a pass, `W0`
/// the pass, `O0` the objects that it decoded, and `S1` the input of the next pass.
macro_rules! levels {
    ($($step:ident $walk:ident $objects:ident => $next:ident;)+) => {$(
        #[doc(hidden)]
        const $walk: DecodePass = walk(Self::BYTES, &Self::$step);
        #[doc(hidden)]
        const $objects: DecodedObjects = objects(&Self::$walk);
        #[doc(hidden)]
        const $next: DecodeStep = Self::$step.above(&Self::$objects);
    )+};
}

/// A locked contract in const evaluation. If `is_unchanged` returns `true`, the compiler evaluates only `BYTES`.
pub trait CompactContract {
    /// Output of [`encode`](super::encode()).
    const BYTES: &'static [u8];

    // Pass that decodes the texts.
    #[doc(hidden)]
    const FIRST: DecodePass = walk(Self::BYTES, &DecodeStep::FIRST);
    #[doc(hidden)]
    const S0: DecodeStep = DecodeStep { texts: Some(&Self::FIRST.texts), ..DecodeStep::FIRST };
    levels! {
        S0 W0 O0 => S1;
        S1 W1 O1 => S2;
        S2 W2 O2 => S3;
        S3 W3 O3 => S4;
        S4 W4 O4 => S5;
        S5 W5 O5 => S6;
        S6 W6 O6 => S7;
        S7 W7 O7 => S8;
    }
    // Pass that decodes the contract.
    #[doc(hidden)]
    const LAST: DecodePass = walk(Self::BYTES, &Self::S8);

    /// Decoded contract.
    const CONTRACT: Contract = Contract {
        input: part(&Self::LAST.params.list, 0, Self::LAST.params.len),
        weakens: part(&Self::LAST.weakens.list, 0, Self::LAST.weakens.len),
        ..Self::LAST.contract
    };
}

/// Fixed-capacity vector for const evaluation.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct ConstVec<T: Copy, const MOST: usize> {
    list: [T; MOST],
    len: usize,
}

impl<T: Copy, const MOST: usize> ConstVec<T, MOST> {
    #[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
    const fn push(&mut self, value: T) {
        if self.len == MOST {
            panic!(
                "a locked contract is too large to be compared at compile time: run `contract diff` to see the changes"
            );
        }
        self.list[self.len] = value;
        self.len += 1;
    }
}

/// Returns `all[start..start + count]`.
const fn part<T>(all: &'static [T], start: usize, count: usize) -> &'static [T] {
    all.split_at(start).1.split_at(count).0
}

/// Input of a pass: the results of the previous passes.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct DecodeStep {
    /// Texts of the first pass; `None` in that pass.
    texts: Option<&'static ConstVec<&'static str, 2_048>>,
    /// Objects of each level below `level`.
    below: [Option<&'static DecodedObjects>; LEVELS],
    /// Level of the objects that the pass decodes.
    level: usize,
}

impl DecodeStep {
    const FIRST: DecodeStep = DecodeStep { texts: None, below: [None; LEVELS], level: 0 };

    /// Returns the input of the pass for the next level. `objects` are the objects of this level.
    const fn above(mut self, objects: &'static DecodedObjects) -> DecodeStep {
        self.below[self.level] = Some(objects);
        self.level += 1;
        self
    }
}

/// The objects of one level.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct DecodedObjects([Object; 128]);

/// Returns the objects that a pass decoded. They point into the members in the pass.
const fn objects(walk: &'static DecodePass) -> DecodedObjects {
    let mut objects = [Object::EMPTY; 128];
    let mut i = 0;
    while i < walk.objects.len {
        let (start, count) = walk.objects.list[i];
        objects[i] = Object { members: part(&walk.members.list, start, count) };
        i += 1;
    }
    DecodedObjects(objects)
}

/// One pass over the bytes, with its results.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct DecodePass {
    bytes: &'static [u8],
    /// Scopes, upstreams and enum values.
    texts: ConstVec<&'static str, 2_048>,
    /// Fields of the objects of the current level.
    members: ConstVec<Member, 512>,
    /// Start and count of each object's fields in `members`.
    objects: ConstVec<(usize, usize), 128>,
    /// Number of objects read so far, per level.
    counts: [usize; LEVELS],
    /// Parameters. `#[mcp_tool]` permits at most 64.
    params: ConstVec<Param, 66>,
    weakens: ConstVec<Weakening, 64>,
    contract: Contract,
}

/// Reads all bytes in one pass.
const fn walk(bytes: &'static [u8], step: &DecodeStep) -> DecodePass {
    // Fills the unused capacity.
    let reason = Weakening { rule: ChangeRule::ScopeRemoved, reason: "" };
    let mut walk = DecodePass {
        bytes,
        texts: ConstVec { list: [""; 2_048], len: 0 },
        members: ConstVec { list: [Member::Tag("", ""); 512], len: 0 },
        objects: ConstVec { list: [(0, 0); 128], len: 0 },
        counts: [0; LEVELS],
        params: ConstVec { list: [Param::new("", "", Kind::Boolean.schema()); 66], len: 0 },
        weakens: ConstVec { list: [reason; 64], len: 0 },
        contract: Contract::EMPTY,
    };
    walk.contract(step);
    walk
}

impl DecodePass {
    const fn byte(&mut self) -> u8 {
        let mut bytes = self.bytes;
        let byte = next_byte!(bytes);
        self.bytes = bytes;
        byte
    }

    const fn number(&mut self) -> i128 {
        let mut bytes = self.bytes;
        let number = next_number!(bytes);
        self.bytes = bytes;
        number
    }

    const fn text(&mut self) -> &'static str {
        let length = self.number() as usize;
        let (text, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        match core::str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => "",
        }
    }

    /// Reads a list of texts. The first pass stores the texts and returns an empty list. Later passes return the texts
    /// that the first pass stored.
    const fn texts(&mut self, step: &DecodeStep) -> &'static [&'static str] {
        let (count, start) = (self.number() as usize, self.texts.len);
        let mut i = 0;
        while i < count {
            let text = self.text();
            self.texts.push(text);
            i += 1;
        }
        match step.texts {
            Some(texts) => part(&texts.list, start, count),
            None => &[],
        }
    }

    const fn contract(&mut self, step: &DecodeStep) {
        // `first_byte` in the parent module defines these bits.
        let head = self.byte();
        self.contract.hints = Hints {
            read_only: head & 1 != 0,
            destructive: head & 2 != 0,
            idempotent: head & 4 != 0,
            open_world: head & 8 != 0,
        };
        self.contract.timeout_ms = if self.byte() == 1 { Some(self.number() as u64) } else { None };
        self.contract.concurrency = if self.byte() == 1 { Some(self.number() as u32) } else { None };
        self.contract.scopes = self.texts(step);
        if head & RATE != 0 {
            let calls = self.number() as u32;
            self.contract.rate = Some(Rate { calls, window: Window::ALL[self.byte() as usize] });
        }
        if head & GATE != 0 {
            self.contract.gate = Some(Gate::Scope(self.text()));
        }
        if head & TASK != 0 {
            self.contract.task = Some(TaskSupport::ALL[self.byte() as usize]);
        }
        if head & UPSTREAMS != 0 {
            self.contract.upstreams = self.texts(step);
        }
        let count = self.number();
        let mut i = 0;
        while i < count {
            let param = self.param(step);
            self.params.push(param);
            i += 1;
        }
        self.contract.output = match self.byte() {
            0 => ToolOutput::Nothing,
            1 => ToolOutput::Text,
            2 => {
                let at = self.object(step);
                ToolOutput::Object(resolved(step, at))
            }
            4 => ToolOutput::Content,
            // A schema that is known only at run time is compared when the server starts.
            _ => ToolOutput::FromLock("{}"),
        };
        // Skips a flag that only `is_unchanged` uses.
        self.byte();
        if self.byte() == 1 {
            self.contract.constraints = Some(self.text());
        }
        if self.byte() == 1 {
            let message = self.text();
            let replacement = if self.byte() == 1 { Some(self.text()) } else { None };
            let removal = if self.byte() == 1 { Some(self.text()) } else { None };
            self.contract.deprecation = Some(Deprecation { message, replacement, removal });
        }
        let count = self.number();
        let mut i = 0;
        while i < count {
            let rule = ChangeRule::ALL[self.number() as usize];
            let reason = self.text();
            self.weakens.push(Weakening { rule, reason });
            i += 1;
        }
        self.contract.name = self.text();
        let major = self.number() as u32;
        self.contract.version = Version { major, minor: self.number() as u32 };
        let mut i = 0;
        while i < self.params.len {
            self.params.list[i].name = self.text();
            i += 1;
        }
    }

    /// Decodes a parameter without its name, because the names are stored at the end of the bytes.
    const fn param(&mut self, step: &DecodeStep) -> Param {
        let (schema, _, mark) = self.schema(step);
        // Bits 1 and 2 of `mark`: 0 without default, 2 for a number with a point or an exponent, 1 for any other
        // default.
        let default = match mark >> 1 & 3 {
            0 => None,
            2 => {
                let value = LiteralValue::Number(f64::from_bits(self.number() as u64));
                Some(Literal { value, json: self.text() })
            }
            _ => Some(literal(self.text())),
        };
        let header = if mark & MIRRORED != 0 { Some(self.text()) } else { None };
        Param { name: "", description: "", schema, default, secret: mark & 1 != 0, header }
    }

    /// Decodes a schema. Also returns the number of object levels in it and, from its first byte, the annotation bits:
    /// `secret`, `default` and `header` of a parameter, or `required` of a field.
    const fn schema(&mut self, step: &DecodeStep) -> (Schema, usize, u8) {
        // Bit 0: optional. Bit 1: an array. The other bits: annotation bits.
        let flags = self.byte();
        let items = if flags & 2 != 0 {
            let min = self.number() as u64;
            Some(Items { min, max: bound(self.number()) })
        } else {
            None
        };
        let mut below = 0;
        // Bits 0 to 2: kind. Of a string also bit 3: has a pattern, and bits 4 to 7: format.
        let tag = self.byte();
        let kind = match tag & 7 {
            BOOLEAN => Kind::Boolean,
            INTEGER => {
                let minimum = self.number();
                Kind::Integer { minimum, maximum: self.number() }
            }
            NUMBER => {
                let minimum = real(self.number());
                Kind::Number { minimum, maximum: real(self.number()) }
            }
            STRING => {
                let min_len = self.number() as u64;
                let max_len = bound(self.number());
                let format = match tag >> 4 {
                    1 => Some(Format::Uuid),
                    2 => Some(Format::Date),
                    3 => Some(Format::DateTime),
                    4 => Some(Format::Ipv4),
                    5 => Some(Format::Ipv6),
                    6 => Some(Format::Uri),
                    7 => Some(Format::Duration),
                    _ => None,
                };
                let pattern = if tag & 8 != 0 { Some(Pattern::from_lock(self.text())) } else { None };
                Kind::Text(Text { min_len, max_len, pattern, format })
            }
            ENUM => Kind::Enum(self.texts(step)),
            _ => {
                let at = self.object(step);
                below = at.0 + 1;
                Kind::Object(resolved(step, at))
            }
        };
        (Schema { kind, items, optional: flags & 1 != 0 }, below, flags >> 2)
    }

    /// Decodes an object; returns its level and its index in that level. The pass keeps only the objects of its own
    /// level.
    #[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
    const fn object(&mut self, step: &DecodeStep) -> (usize, usize) {
        let mut fields = ConstVec { list: [Member::Tag("", ""); 128], len: 0 };
        let count = self.number();
        let mut level = 0;
        let mut i = 0;
        while i < count {
            let name = self.text();
            let (schema, below, mark) = self.schema(step);
            if below > level {
                level = below;
            }
            fields.push(Member::Field(Field { name, description: "", schema, required: mark == 1 }));
            i += 1;
        }
        if level >= LEVELS {
            panic!(
                "a result nests too deeply to be compared at compile time: run `contract diff` to see the changes"
            );
        }
        if level == step.level {
            self.objects.push((self.members.len, fields.len));
            let mut i = 0;
            while i < fields.len {
                self.members.push(fields.list[i]);
                i += 1;
            }
        }
        self.counts[level] += 1;
        (level, self.counts[level] - 1)
    }
}

/// Returns an object that a previous pass decoded. If none did yet, returns an empty object, which a later pass
/// replaces.
const fn resolved(step: &DecodeStep, (level, index): (usize, usize)) -> &'static Object {
    match step.below[level] {
        Some(DecodedObjects(list)) => &list[index],
        None => &Object::EMPTY,
    }
}

/// Decodes a default from its JSON text. A string stays quoted, because defaults that are strings are compared by their
/// JSON text.
const fn literal(json: &'static str) -> Literal {
    let value = match json.as_bytes() {
        [b't', ..] => LiteralValue::Boolean(true),
        [b'f', ..] => LiteralValue::Boolean(false),
        _ => match i128::from_str_radix(json, 10) {
            Ok(whole) => LiteralValue::Integer(whole),
            Err(_) => LiteralValue::Text(json),
        },
    };
    Literal { value, json }
}

/// Decodes a maximum length or number of items; -1 is no maximum.
const fn bound(bound: i128) -> Option<u64> {
    if bound < 0 { None } else { Some(bound as u64) }
}

/// Decodes the bound of a float from its IEEE 754 bits; -1 is no bound.
const fn real(bits: i128) -> Option<f64> {
    if bits < 0 { None } else { Some(f64::from_bits(bits as u64)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{json::schema::Prose, judge};

    const INNER: Object = Object {
        members: &[
            Member::Field(Field::new("mode", "", Kind::Enum(&["a", "b"]).schema())),
            Member::Field(Field::new(
                "rate",
                "",
                Kind::Number { minimum: Some(0.5), maximum: None }.schema(),
            )),
        ],
    };
    const MIDDLE: Object = Object {
        members: &[
            Member::Field(Field::new("left", "", Kind::Object(&INNER).schema().array())),
            Member::Field(Field::new("right", "", Kind::Object(&INNER).schema().optional())),
        ],
    };
    const OUTER: Object = Object {
        members: &[
            Member::Field(Field::new("middle", "", Kind::Object(&MIDDLE).schema())),
            Member::Field(Field::new("inner", "", Kind::Object(&INNER).schema())),
            Member::Tag("kind", "outer"),
        ],
    };
    const CONTRACT: Contract = Contract {
        name: "make",
        version: Version { major: 3, minor: 70_000 },
        input: &[
            Param::new("mode", "", Kind::Enum(&["x", "yz"]).schema().array()).min_items(1).max_items(4),
            Param::new("rate", "", Kind::Number { minimum: None, maximum: Some(2.5) }.schema())
                .default(Literal { value: LiteralValue::Number(0.1), json: "0.1" }),
            Param::new("name", "", Kind::TEXT.schema())
                .max_len(9)
                .pattern(Pattern::from_lock("^a"))
                .default(Literal { value: LiteralValue::Text("a"), json: "\"a\"" })
                .header("Name"),
            Param::new("day", "", Kind::Text(Format::Date.text()).schema().optional()).secret(),
            Param::new("hour", "", Kind::Integer { minimum: 0, maximum: 23 }.schema()).header("Hour"),
        ],
        output: ToolOutput::Object(&OUTER),
        scopes: &["a", "b"],
        timeout_ms: Some(1),
        concurrency: Some(2),
        rate: Some(Rate { calls: 1_000_000, window: Window::Day }),
        gate: Some(Gate::Scope("c")),
        upstreams: &["d", "e"],
        deprecation: Some(Deprecation { message: "Old.", replacement: None, removal: Some("2027-01-31") }),
        weakens: &[Weakening { rule: ChangeRule::BoundLoosened, reason: "more" }],
        ..Contract::EMPTY
    };

    /// Makes a `'static` value, as a constant is.
    fn leaked<T>(value: T) -> &'static T {
        Box::leak(Box::new(value))
    }

    /// Runs the passes of [`CompactContract`] at run time.
    fn decode(bytes: &'static [u8]) -> Contract {
        let first = leaked(walk(bytes, &DecodeStep::FIRST));
        let mut step = DecodeStep { texts: Some(&first.texts), ..DecodeStep::FIRST };
        for _ in 0..LEVELS {
            step = step.above(leaked(objects(leaked(walk(bytes, &step)))));
        }
        let last = leaked(walk(bytes, &step));
        Contract {
            input: part(&last.params.list, 0, last.params.len),
            weakens: part(&last.weakens.list, 0, last.weakens.len),
            ..last.contract
        }
    }

    #[test]
    fn decoded_contract_equals_the_encoded_contract() {
        let decoded = decode(super::super::encode(&CONTRACT).leak());
        let found = judge::compare::<96>(&CONTRACT, &decoded, Prose::Dropped);
        assert!(found.is_empty(), "{:?}", found.listed());
        let back = judge::compare::<96>(&decoded, &CONTRACT, Prose::Dropped);
        assert!(back.is_empty(), "{:?}", back.listed());
        assert_eq!((decoded.name, decoded.version), (CONTRACT.name, CONTRACT.version));
        assert_eq!(decoded.weakens, CONTRACT.weakens);
        assert_eq!(decoded.deprecation, CONTRACT.deprecation);
    }
}
