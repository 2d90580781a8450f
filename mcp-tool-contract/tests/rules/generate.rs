//! Generator of random contracts, and of random edits of them, for the tests in `pairs`. Edge cases are likely: small
//! numbers, equal bounds, neighbouring values.

use mcp_tool_contract::{
    bounds::{Field, Format, Items, Kind, Literal, LiteralValue, Member, Object, Schema, Text},
    model::{
        Contract, Deprecation, Gate, Hints, Param, Rate, TaskSupport, ToolOutput, Version, Weakening, Window,
    },
    pattern::{Matcher, Pattern},
    read::arguments,
    rules::{ChangeRule, sample},
};

/// Xorshift generator. The seed is mixed first, so that neighbouring seeds give unrelated sequences.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Random((mixed ^ (mixed >> 31)).max(1))
    }

    /// Returns a number from 0 to `end - 1`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }

    pub(crate) fn is_one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    /// Returns one of the values. A repeated value is likelier.
    pub(crate) fn of<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.below(among.len())]
    }
}

fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Names of parameters and fields.
const NAMES: &[&str] = &["a", "b", "c", "d", "e"];
/// Descriptions of tools, parameters and fields.
const DESCRIPTIONS: &[&str] = &["", "Which.", "When. Default: 1."];
/// Values of enums and tags.
const VALUES: &[&str] = &["a", "b", "1", "ab", "abc", "2026-11-21"];
/// Headers of parameters. Two differ only in case, which must count as no change.
const HEADERS: &[Option<&str>] = &[None, Some("A"), Some("a"), Some("B-1")];
// Two lists of upstreams, and two of scopes, differ only in order, which must count as a change of order.
const UPSTREAMS: &[&[&str]] = &[&[], &["x"], &["x", "y"], &["y", "x"]];
const SCOPES: &[&[&str]] = &[&[], &["x"], &["x", "y"], &["y", "x"], &["y"]];

macro_rules! patterns {
    ($($source:literal)+) => {
        &[$(Pattern::new($source, || {
            static MATCHER: Matcher = Matcher::new($source);
            &MATCHER
        })),+]
    };
}
const PATTERNS: &[Pattern] = patterns!["^[a-z]+$" "^a" "[0-9]" "^[ab]{1,3}$"];

/// Returns a random contract, always with the same name and version.
pub(crate) fn contract(random: &mut Random) -> Contract {
    let count = random.below(4);
    let mut names = NAMES.to_vec();
    let input: Vec<Param> = (0..count).map(|_| param(take_random(&mut names, random), random)).collect();
    Contract::EMPTY
        .with_name("tool")
        .with_version(Version::new(1, 0))
        .with_title(random.of(&[None, Some("Tool")]))
        .with_description(random.of(DESCRIPTIONS))
        .with_input(input.leak())
        // Constraints are compared as text. The validation in `pairs` doesn't check them, because core does so.
        .with_constraints(random.of(&[
            None,
            None,
            None,
            Some(r#"{"not":{}}"#),
            Some(r#"{"anyOf":[{"required":["a"]}]}"#),
        ]))
        .with_output(output(random))
        .with_scopes(random.of(SCOPES))
        .with_hints(
            Hints::NONE
                .with_read_only(random.is_one_in(2))
                .with_destructive(random.is_one_in(2))
                .with_idempotent(random.is_one_in(2))
                .with_open_world(random.is_one_in(2)),
        )
        .with_timeout_ms(random.of(&[None, Some(1), Some(70_000)]))
        .with_concurrency(random.of(&[None, Some(1), Some(2)]))
        .with_rate((!random.is_one_in(3)).then(|| rate(random)))
        .with_gate(random.of(&[None, Some(Gate::Scope("x")), Some(Gate::Scope("z"))]))
        .with_upstreams(random.of(UPSTREAMS))
        .with_task(random.of(&[None, None, Some(TaskSupport::Optional), Some(TaskSupport::Required)]))
        .with_deprecation(if random.is_one_in(4) { Some(deprecation(random)) } else { None })
        .with_weakens(random.of(&[
            &[],
            &[],
            const { &[Weakening::new(ChangeRule::ScopeRemoved, "nobody used it")] },
        ]))
}

/// Removes a random text from the list, and returns the text.
fn take_random(texts: &mut Vec<&'static str>, random: &mut Random) -> &'static str {
    texts.swap_remove(random.below(texts.len()))
}

fn rate(random: &mut Random) -> Rate {
    Rate::new(random.of(&[1, 59, 60, 61, 1_000_000]), random.of(&Window::ALL))
}

fn deprecation(random: &mut Random) -> Deprecation {
    Deprecation::new(
        random.of(&["Old.", "Older"]),
        random.of(&[None, Some("other")]),
        random.of(&[None, Some("2027-01-31"), Some("2027-02-01"), Some("2026-12-31")]),
    )
}

fn param(name: &'static str, random: &mut Random) -> Param {
    let kind = kind(0, random);
    let mut param = Param::new(name, random.of(DESCRIPTIONS), random_schema(kind, random));
    param = param.with_secret(random.is_one_in(6));
    if random.is_one_in(4) {
        param = param.with_header(random.of(HEADERS));
    }
    if random.is_one_in(4) { with_random_default(param, random) } else { without_invalid_parts(param) }
}

/// Returns the schema of a value of this kind, or of an array of such values; sometimes optional.
fn random_schema(kind: Kind, random: &mut Random) -> Schema {
    let mut schema = kind.schema();
    if random.is_one_in(4) {
        schema = schema.with_items(Some(items(random)));
    }
    schema.with_optional(random.is_one_in(3))
}

fn items(random: &mut Random) -> Items {
    let min = random.below(3) as u64;
    Items::new(min, Some(min + random.below(3) as u64))
}

/// Returns a random kind of a single value. Objects nest at most `depth` levels deep. A parameter has depth 0, because
/// parameters can't be objects.
fn kind(depth: usize, random: &mut Random) -> Kind {
    match random.below(if depth > 0 { 9 } else { 7 }) {
        0 => Kind::Boolean,
        1 | 2 => integer(random),
        3 => number(random),
        4 => Kind::Text(text(random)),
        5 if random.is_one_in(2) => Kind::Text(random.of(&Format::ALL).text()),
        5 | 6 => values_of_enum(random),
        _ => Kind::Object(random_object(depth - 1, random)),
    }
}

fn integer(random: &mut Random) -> Kind {
    // Ranges of `u8`, `i64` and `u64`, the bounds of a parameter that declares none.
    let natural = [(0, 255), (i128::from(i64::MIN), i128::from(i64::MAX)), (0, i128::from(u64::MAX))];
    let (minimum, maximum) = if random.is_one_in(4) {
        random.of(&natural)
    } else {
        let minimum = random.of(&[-1, 0, 1, 2, 254]);
        (minimum, minimum + random.of(&[0, 1, 2, 5]))
    };
    Kind::Integer { minimum, maximum }
}

fn number(random: &mut Random) -> Kind {
    let bounds: [f64; 9] = [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 255.0, 1e300];
    let (one, other) = (random.of(&bounds), random.of(&bounds));
    let maybe = |bound: f64, random: &mut Random| (!random.is_one_in(4)).then_some(bound);
    Kind::Number { minimum: maybe(one.min(other), random), maximum: maybe(one.max(other), random) }
}

fn text(random: &mut Random) -> Text {
    let min_len = random.below(4) as u64;
    let max_len = if random.is_one_in(100) { None } else { Some(min_len + random.of(&[0, 1, 2, 40])) };
    let plain = Text::ANY.with_min_len(min_len).with_max_len(max_len);
    if random.is_one_in(8) { with_random_pattern(plain, random) } else { plain }
}

/// Adds a random pattern, if a sample text within the bounds matches the pattern.
fn with_random_pattern(plain: Text, random: &mut Random) -> Text {
    let text = plain.with_pattern(Some(random.of(PATTERNS)));
    if sample::values(&Kind::Text(text).schema()).is_empty() { plain } else { text }
}

fn values_of_enum(random: &mut Random) -> Kind {
    let mut among = VALUES.to_vec();
    let count = 1 + random.below(3);
    Kind::Enum((0..count).map(|_| take_random(&mut among, random)).collect::<Vec<_>>().leak())
}

fn output(random: &mut Random) -> ToolOutput {
    match random.below(8) {
        0 => random.of(&[ToolOutput::Nothing, ToolOutput::Text, ToolOutput::Content]),
        1 => ToolOutput::Paged(random_object(2, random)),
        _ => ToolOutput::Object(random_object(2, random)),
    }
}

fn random_object(depth: usize, random: &mut Random) -> &'static Object {
    let mut names = NAMES.to_vec();
    let mut members = Vec::new();
    for _ in 0..1 + random.below(3) {
        members.push(member(take_random(&mut names, random), depth, random));
    }
    build_object(members, random)
}

/// Returns a field or, in one case of ten, a tag: a member with a constant text, such as serde's `tag` adds.
fn member(name: &'static str, depth: usize, random: &mut Random) -> Member {
    if random.is_one_in(10) {
        return Member::Tag(name, random.of(VALUES));
    }
    let kind = kind(depth, random);
    let schema = random_schema(kind, random);
    Member::Field(Field::new(name, random.of(DESCRIPTIONS), schema).with_required(!random.is_one_in(3)))
}

/// Builds an object. Sometimes the last members are in a flattened struct, which is an equivalent object.
fn build_object(mut members: Vec<Member>, random: &mut Random) -> &'static Object {
    if random.is_one_in(6) {
        let inner = members.split_off(random.below(members.len() + 1));
        members.push(Member::Flatten(leaked(Object::new(inner.leak()))));
    }
    leaked(Object::new(members.leak()))
}

/// Members of an object, with the members of flattened structs in place of these structs.
fn flat_members(object: &'static Object) -> Vec<Member> {
    let each = |member: &Member| match member {
        Member::Flatten(inner) => flat_members(inner),
        other => vec![*other],
    };
    object.members().iter().flat_map(each).collect()
}

fn member_name(member: &Member) -> &'static str {
    match member {
        Member::Field(field) => field.name(),
        Member::Tag(name, _) => name,
        _ => unreachable!("members are flat"),
    }
}

/// Fields of an object. A tag counts as a field whose kind is an enum of one value.
pub(crate) fn fields(object: &'static Object) -> Vec<Field> {
    flat_members(object)
        .into_iter()
        .map(|member| match member {
            Member::Field(field) => field,
            Member::Tag(name, value) => Field::new(name, "", Kind::Enum(vec![value].leak()).schema()),
            _ => unreachable!("members are flat"),
        })
        .collect()
}

/// Schema of the field at this path.
pub(crate) fn at(object: &'static Object, path: &[&str]) -> Option<Schema> {
    let (name, rest) = path.split_first()?;
    let field = fields(object).into_iter().find(|field| field.name() == *name)?;
    if rest.is_empty() { Some(field.schema()) } else { at(self::object(&field.schema())?, rest) }
}

/// Returns the object of a schema, also of an array of objects; `None` if the schema has another kind.
pub(crate) fn object(schema: &Schema) -> Option<&'static Object> {
    match schema.kind() {
        Kind::Object(object) => Some(object),
        _ => None,
    }
}

pub(crate) fn pattern(schema: &Schema) -> Option<Pattern> {
    match schema.kind() {
        Kind::Text(text) => text.pattern(),
        _ => None,
    }
}

/// Returns the sample values of `schema` and `other`, and up to four random values. A value may violate both schemas.
pub(crate) fn values(
    schema: &Schema,
    other: Option<&Schema>,
    random: &mut Random,
) -> impl Iterator<Item = String> {
    let mut values = sample::values(schema);
    values.extend(other.into_iter().flat_map(sample::values));
    let others = [
        "null",
        "0",
        "-1",
        "1e0",
        "2.0",
        "0.25",
        "\"\"",
        "\"b\"",
        "\"zz\"",
        "true",
        "[]",
        "[0]",
        "[\"b\",\"b\"]",
    ];
    values.extend((0..4).map(|_| random.of(&others).to_owned()));
    values.sort_unstable();
    values.dedup();
    values.into_iter()
}

/// Makes the parameter a required single value, and adds a random default if the parameter allows the default.
fn with_random_default(param: Param, random: &mut Random) -> Param {
    let schema = param.schema().item();
    let values = sample::values(&schema);
    let json: &'static str = values[random.below(values.len())].clone().leak();
    let value = match json.as_bytes() {
        [b'"', ..] => LiteralValue::Text(serde_json::from_str::<String>(json).unwrap().leak()),
        [b't' | b'f', ..] => LiteralValue::Boolean(json == "true"),
        _ => json.parse().map_or_else(|_| LiteralValue::Number(json.parse().unwrap()), LiteralValue::Integer),
    };
    // A second spelling of the same number.
    let json = if json == "0.5" && random.is_one_in(2) { "5e-1" } else { json };
    without_invalid_parts(param.with_schema(schema).with_default(Some(Literal::new(value, json))))
}

/// Removes the default or the header if the parameter can't have it.
fn without_invalid_parts(param: Param) -> Param {
    let is_valid_default = |default: Literal| {
        param.schema().admits(default).is_ok()
            && arguments::check(&format!("{{\"{}\":{}}}", param.name(), default.json()), &[param]).is_ok()
    };
    let header = param.mirroring_header().filter(|_| param.schema().mirrors().is_ok());
    param.with_default(param.default_value().filter(|default| is_valid_default(*default))).with_header(header)
}

/// Returns a copy of a contract with one to three random edits, rarely with none.
pub(crate) fn edited(contract: &Contract, random: &mut Random) -> Contract {
    let mut new = *contract;
    let edits = if random.is_one_in(20) { 0 } else { 1 + random.below(3) };
    for _ in 0..edits {
        match random.below(20) {
            0 => replace_part(&mut new, random),
            1..11 => new = new.with_input(edit_params(new.input(), random)),
            _ => {
                let output = match new.output() {
                    ToolOutput::Object(old) if !random.is_one_in(12) => {
                        ToolOutput::Object(edit_object(old, 2, random))
                    }
                    ToolOutput::Paged(old) if !random.is_one_in(12) => {
                        ToolOutput::Paged(edit_object(old, 2, random))
                    }
                    ToolOutput::Object(old) if random.is_one_in(2) => ToolOutput::Paged(old),
                    _ => output(random),
                };
                new = new.with_output(output);
            }
        }
    }
    new
}

/// Replaces one part of the contract, other than the parameters and the result, by the part of a random contract.
fn replace_part(contract: &mut Contract, random: &mut Random) {
    let other = self::contract(&mut Random::new(random.below(1 << 40) as u64));
    *contract = match random.below(13) {
        0 => contract.with_title(other.title()),
        1 => contract.with_description(other.description()),
        2 => contract.with_scopes(other.scopes()),
        3 => contract.with_hints(other.hints()),
        4 => contract.with_timeout_ms(other.timeout_ms()),
        5 => contract.with_concurrency(other.concurrency()),
        6 => contract.with_rate(other.rates().first().copied()),
        7 => contract.with_gate(other.gate()),
        8 => contract.with_upstreams(other.upstreams()),
        11 => contract.with_task(other.task()),
        12 => contract.with_constraints(other.constraints()),
        9 if contract.deprecation().is_some() => contract.with_deprecation(Some(deprecation(random))),
        _ => contract.with_deprecation(other.deprecation()),
    };
}

fn unused_names(names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let used: Vec<&str> = names.collect();
    NAMES.iter().copied().filter(|name| !used.contains(name)).collect()
}

/// Edits one random parameter, or adds, removes or moves one.
fn edit_params(old: &'static [Param], random: &mut Random) -> &'static [Param] {
    let mut params = old.to_vec();
    let mut free = unused_names(params.iter().map(|param| param.name()));
    let chosen = random.below(params.len().max(1));
    match random.below(17) {
        _ if params.is_empty() => params.push(param(take_random(&mut free, random), random)),
        0 if !free.is_empty() => params.insert(chosen, param(take_random(&mut free, random), random)),
        1 => drop(params.remove(chosen)),
        2 if !free.is_empty() => params[chosen] = params[chosen].with_name(take_random(&mut free, random)),
        3 => params.swap(0, chosen),
        4 => params[chosen] = params[chosen].with_secret(!params[chosen].is_secret()),
        5 => params[chosen] = params[chosen].with_description(random.of(DESCRIPTIONS)),
        6 | 7 => {
            let schema = params[chosen].schema();
            let schema = schema.with_optional(!schema.is_optional());
            params[chosen] = without_invalid_parts(params[chosen].with_schema(schema));
        }
        8 => params[chosen] = with_random_default(params[chosen], random),
        9 => params[chosen] = params[chosen].with_default(None),
        10 => {
            params[chosen] = without_invalid_parts(params[chosen].with_header(random.of(HEADERS)));
        }
        _ => {
            let schema = edit_schema(params[chosen].schema(), 0, random);
            params[chosen] = without_invalid_parts(params[chosen].with_schema(schema));
        }
    }
    params.leak()
}

/// Edits one random member of an object, or adds, removes or moves one.
fn edit_object(old: &'static Object, depth: usize, random: &mut Random) -> &'static Object {
    let mut members = flat_members(old);
    let mut free = unused_names(members.iter().map(member_name));
    let chosen = random.below(members.len().max(1));
    match random.below(12) {
        _ if members.is_empty() => members.push(member(take_random(&mut free, random), depth, random)),
        0 if !free.is_empty() => {
            members.insert(chosen, member(take_random(&mut free, random), depth, random));
        }
        1 => drop(members.remove(chosen)),
        2 => members.swap(0, chosen),
        3 if !free.is_empty() => {
            members[chosen] = match members[chosen] {
                Member::Field(field) => Member::Field(field.with_name(take_random(&mut free, random))),
                _ => Member::Tag(take_random(&mut free, random), "a"),
            }
        }
        choice => {
            members[chosen] = match members[chosen] {
                Member::Field(field) => Member::Field(match choice {
                    4 => field.with_required(!field.is_required()),
                    5 => field.with_schema(field.schema().with_optional(!field.schema().is_optional())),
                    6 => field.with_description(random.of(DESCRIPTIONS)),
                    _ => field.with_schema(edit_schema(field.schema(), depth, random)),
                }),
                tag if choice < 8 => member(member_name(&tag), depth, random),
                tag => Member::Tag(member_name(&tag), random.of(VALUES)),
            }
        }
    }
    build_object(members, random)
}

/// Changes the length bounds of an array. Or changes or replaces the kind, and sometimes turns a single value into an
/// array, or the reverse.
fn edit_schema(schema: Schema, depth: usize, random: &mut Random) -> Schema {
    let items = match schema.items() {
        Some(items) if random.is_one_in(3) => {
            let min = move_bound(items.min(), random);
            let max = items.max().map(|max| move_bound(max, random).max(min));
            return schema.with_items(Some(Items::new(min, max)));
        }
        Some(_) if random.is_one_in(8) => None,
        None if random.is_one_in(12) => Some(items(random)),
        same => same,
    };
    let kind = if random.is_one_in(4) {
        self::kind(depth, random)
    } else {
        nudge_kind(schema.kind(), depth, random)
    };
    schema.with_kind(kind).with_items(items)
}

/// Changes a bound by at most one.
fn move_bound(bound: u64, random: &mut Random) -> u64 {
    (bound + random.below(3) as u64).saturating_sub(1)
}

/// Changes the bounds, values or fields of a kind, or replaces the kind by one that can accept some of the same values.
/// Replaces a boolean by any kind.
fn nudge_kind(kind: Kind, depth: usize, random: &mut Random) -> Kind {
    match kind {
        Kind::Boolean => self::kind(depth, random),
        Kind::Integer { minimum, maximum } if random.is_one_in(4) => {
            let by = random.of(&[0.0, 0.5, -0.5]);
            Kind::Number {
                minimum: (!random.is_one_in(4)).then_some(minimum as f64 - by),
                maximum: (!random.is_one_in(4)).then_some((maximum as f64 + by).max(minimum as f64 - by)),
            }
        }
        Kind::Integer { minimum, maximum } => {
            let (low, high) = (random.of(&[-1, 0, 1]), random.of(&[-1, 0, 1]));
            // No supported type has more than 64 bits.
            let minimum = (minimum + low).max(i128::from(i64::MIN));
            Kind::Integer { minimum, maximum: (maximum + high).min(i128::from(u64::MAX)).max(minimum) }
        }
        Kind::Number { minimum: Some(minimum), maximum: Some(maximum) }
            if random.is_one_in(2) && minimum.abs() < 1e6 && maximum < 1e6 =>
        {
            let low = minimum.floor() as i128;
            let high = if random.is_one_in(2) { maximum.floor() } else { maximum.ceil() } as i128;
            Kind::Integer { minimum: low, maximum: high.max(low) }
        }
        Kind::Number { .. } => number(random),
        Kind::Text(old) if old.format().is_some() => Kind::Text(text(random)),
        Kind::Text(old) => match random.below(8) {
            0 => values_of_enum(random),
            1 => Kind::Text(random.of(&Format::ALL).text()),
            2 => Kind::Text(with_random_pattern(old, random)),
            3 => Kind::Text(old.with_pattern(None)),
            _ => {
                let min_len = move_bound(old.min_len(), random);
                let max_len = old.max_len().map(|max| move_bound(max, random).max(min_len));
                let plain = old.with_min_len(min_len).with_max_len(max_len);
                if sample::values(&Kind::Text(plain).schema()).is_empty() { kind } else { Kind::Text(plain) }
            }
        },
        Kind::Enum(values) => {
            let mut values = values.to_vec();
            let chosen = random.below(values.len());
            let mut free: Vec<&str> =
                VALUES.iter().copied().filter(|value| !values.contains(value)).collect();
            match random.below(4) {
                0 => return Kind::Text(text(random)),
                1 if values.len() > 1 => drop(values.remove(chosen)),
                2 if !free.is_empty() => values.push(take_random(&mut free, random)),
                _ => values.swap(0, chosen),
            }
            Kind::Enum(values.leak())
        }
        Kind::Object(object) => Kind::Object(edit_object(object, depth.saturating_sub(1), random)),
        _ => unreachable!("no other kind is generated"),
    }
}
