//! The parameter types of docs/reference/types.md compared with the code: their schemas, keys and default limits.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use mcp_tool_contract::{
    bounds::{DEFAULT_MAX_ITEMS, DEFAULT_MAX_LEN, Kind, Literal, LiteralValue, Schema},
    grammar::ArgKey,
    json::schema::Prose,
    model::{Contract, Param, Version},
    pattern::{Matcher, Pattern},
};
use mcp_tool_runtime::{Parameter, prelude::*};
use serde_json::{Value, json};

use super::page;

#[derive(ToolSchema)]
enum Speed {
    Standard,
    Express,
}

#[derive(ToolSchema)]
#[schema(max = 9)]
struct Rank(#[expect(dead_code, reason = "only its schema is used")] u8);

#[derive(ToolSchema)]
#[schema(from_str)]
struct Address(#[expect(dead_code, reason = "only its schema is used")] std::net::IpAddr);

#[derive(serde::Serialize, ToolSchema)]
struct Row {
    /// Name.
    name: String,
}

/// List rows.
#[mcp_tool(version = "1.0", public, read_only)]
async fn pages(page: PageRequest) -> Result<Page<Row>, ToolError> {
    Page::keyset(Vec::new(), &page, |last: &Row| last.name.clone())
}

/// First cell of each row of a scalar type, with the schema of the type. The row of two types occurs twice.
fn scalars() -> Vec<(&'static str, Schema)> {
    vec![
        ("`bool`", bool::SCHEMA),
        ("`i8`", i8::SCHEMA),
        ("`i16`", i16::SCHEMA),
        ("`i32`", i32::SCHEMA),
        ("`i64`", i64::SCHEMA),
        ("`u8`", u8::SCHEMA),
        ("`u16`", u16::SCHEMA),
        ("`u32`", u32::SCHEMA),
        ("`u64`", u64::SCHEMA),
        ("`f32`", f32::SCHEMA),
        ("`f64`", f64::SCHEMA),
        ("`String`", String::SCHEMA),
        ("`Box<str>`, `Cow<'_, str>`", Box::<str>::SCHEMA),
        ("`Box<str>`, `Cow<'_, str>`", Cow::<'_, str>::SCHEMA),
        ("`char`", char::SCHEMA),
        ("`std::net::IpAddr`", IpAddr::SCHEMA),
        ("`std::net::Ipv4Addr`", Ipv4Addr::SCHEMA),
        ("`std::net::Ipv6Addr`", Ipv6Addr::SCHEMA),
        ("`std::time::Duration`", Duration::SCHEMA),
        ("`url::Url` (feature `url`)", url::Url::SCHEMA),
        ("`rust_decimal::Decimal` (feature `decimal`)", rust_decimal::Decimal::SCHEMA),
        ("enum of unit variants", Speed::SCHEMA),
        ("newtype with `from_str`", Address::SCHEMA),
        ("`uuid::Uuid` (feature `uuid`)", uuid::Uuid::SCHEMA),
        ("`chrono::NaiveDate` (feature `chrono`)", chrono::NaiveDate::SCHEMA),
        (
            "`chrono::DateTime<Utc>`, `DateTime<FixedOffset>` (feature `chrono`)",
            chrono::DateTime::<chrono::Utc>::SCHEMA,
        ),
        (
            "`chrono::DateTime<Utc>`, `DateTime<FixedOffset>` (feature `chrono`)",
            chrono::DateTime::<chrono::FixedOffset>::SCHEMA,
        ),
    ]
}

/// First cells of the other rows.
const COMPOSED: [&str; 4] = ["newtype", "`Vec<T>`", "`Option<T>`", "`PageRequest`"];

/// Cells of the rows below `## Parameters`.
fn table() -> Vec<[String; 4]> {
    let page = page("types.md");
    let (_, below) = page.split_once("\n## Parameters\n").unwrap();
    let below = below.split("\n## ").next().unwrap();
    let rows = below.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [of_type, schema, keys, limits] = cells[..] else { panic!("{row}") };
        [of_type, schema, keys, limits].map(str::to_owned)
    })
    .collect()
}

/// Texts in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The keys of `#[arg]` that a cell names.
fn keys_of(cell: &str) -> BTreeSet<&str> {
    quoted(cell).into_iter().filter(|name| ArgKey::NAMES.contains(name)).collect()
}

const fn literal(value: LiteralValue) -> Literal {
    Literal::new(value, "")
}

/// The keys of `#[arg]` that a parameter with this schema takes.
fn accepted(schema: Schema) -> BTreeSet<&'static str> {
    static MATCHER: Matcher = Matcher::new("^a$");
    fn matcher() -> &'static Matcher {
        &MATCHER
    }
    let integer = |bound: i128| literal(LiteralValue::Integer(bound));
    let one = integer(1);
    let value = match schema.kind() {
        Kind::Boolean => literal(LiteralValue::Boolean(true)),
        Kind::Integer { .. } | Kind::Number { .. } => one,
        Kind::Enum(values) => literal(LiteralValue::Text(values[0])),
        Kind::Text(text) => {
            let length = text.min_len().max(1) as usize;
            literal(LiteralValue::Text("a".repeat(length).leak()))
        }
        kind => panic!("not a parameter: {kind:?}"),
    };
    // A length that narrows the bounds of every string type.
    let length = match schema.kind() {
        Kind::Text(text) => text.max_len().unwrap_or(1),
        _ => 1,
    };
    // The key `header` needs integers within ±(2^53 − 1), so a wider integer type is narrowed first.
    let low = schema.min(integer(-(1 << 53) + 1)).unwrap_or(schema);
    let narrowed = low.max(integer((1 << 53) - 1)).unwrap_or(low);
    let accepts = |key: &ArgKey| match key {
        ArgKey::Min => schema.min(one).is_ok(),
        ArgKey::Max => schema.max(one).is_ok(),
        ArgKey::MinLen => schema.min_len(length).is_ok(),
        ArgKey::MaxLen => schema.max_len(length).is_ok(),
        ArgKey::MinItems => schema.min_items(1).is_ok(),
        ArgKey::MaxItems => schema.max_items(1).is_ok(),
        ArgKey::Pattern => schema.pattern(Pattern::new("^a$", matcher)).is_ok(),
        ArgKey::Default => schema.admits(value).is_ok(),
        ArgKey::Secret => true,
        ArgKey::Header => narrowed.mirrors().is_ok(),
        ArgKey::Complete => schema.takes_suggestions().is_ok(),
    };
    ArgKey::ALL.iter().filter(|key| accepts(key)).map(|key| key.name()).collect()
}

/// The listed schema of a parameter without keys.
fn listed(schema: Schema) -> Value {
    let Ok(schema) = schema.bounded(DEFAULT_MAX_LEN, Some(DEFAULT_MAX_ITEMS)) else { panic!("not bounded") };
    let input = vec![Param::new("value", "", schema)].leak();
    let contract = Contract::new("tool", Version::new(1, 0), "").with_input(input);
    serde_json::to_value(contract.input_schema(Prose::Dropped)).unwrap()["properties"]["value"].take()
}

/// Value of `2^a`, `2^a − 1` or digits with commas, each with an optional sign.
fn number(text: &str) -> i128 {
    if let Some((power, less)) = text.split_once(" − ") {
        return number(power) - number(less);
    }
    match text.strip_prefix('-') {
        Some(positive) => -number(positive),
        None => match text.split_once('^') {
            Some((base, exponent)) => number(base).pow(exponent.parse().unwrap()),
            None => text.replace(',', "").parse().unwrap_or_else(|_| panic!("{text} isn't a number")),
        },
    }
}

/// The schema that a row states by its columns `schema` and `default limits`. The row of enums means `Speed`.
fn stated(schema: &str, limits: &str) -> Value {
    let words = quoted(schema);
    let mut stated = json!({ "type": words[0] });
    if let Some((_, format)) = schema.split_once("format `") {
        stated["format"] = format.trim_end_matches('`').into();
    }
    if let Some((_, pattern)) = schema.split_once("pattern `") {
        stated["pattern"] = pattern.trim_end_matches('`').into();
    }
    if words.contains(&"enum") {
        stated["enum"] = json!(["Standard", "Express"]);
    }
    // The bounds of a string end at the first comma or semicolon.
    let limits = limits.split(';').next().unwrap_or(limits);
    let limits = limits.split(", ").next().filter(|_| words[0] == "string").unwrap_or(limits);
    if let Some(range) = limits.strip_suffix(" characters").or(limits.strip_suffix(" code points")) {
        let (least, most) = range.split_once(" to ").unwrap_or((range, range));
        if limits.ends_with(" characters") {
            stated["minLength"] = u64::try_from(number(least)).unwrap().into();
        }
        stated["maxLength"] = u64::try_from(number(most)).unwrap().into();
    } else if let Some((least, most)) = limits.split_once(" to ") {
        stated["minimum"] = i64::try_from(number(least)).unwrap().into();
        stated["maximum"] = u64::try_from(number(most)).unwrap().into();
    } else if limits.contains("within `f32`") {
        stated["minimum"] = f64::from(f32::MIN).into();
        stated["maximum"] = f64::from(f32::MAX).into();
    }
    stated
}

#[test]
fn types_have_the_schemas_keys_and_limits_of_the_code() {
    let table = table();
    let scalars = scalars();
    let described: BTreeSet<&str> = scalars.iter().map(|(row, _)| *row).chain(COMPOSED).collect();
    assert_eq!(table.iter().map(|[of_type, ..]| of_type.as_str()).collect::<BTreeSet<_>>(), described);
    for (of_type, schema) in scalars {
        let [_, shown, keys, limits] = table.iter().find(|row| row[0] == of_type).unwrap();
        assert_eq!(stated(shown, limits), listed(schema), "{of_type}");
        assert_eq!(keys_of(keys), accepted(schema), "{of_type}");
    }
}

#[test]
fn composed_types_have_the_keys_and_limits_of_the_code() {
    let table = table();
    let row = |of_type: &str| table.iter().find(|row| row[0] == of_type).unwrap();
    // The rows of composed types name only the keys by which they differ from their item type, here `String`.
    let texts = accepted(String::SCHEMA);
    let difference = |schema: Schema| -> BTreeSet<&str> { &accepted(schema) ^ &texts };
    assert_eq!(keys_of(&row("`Vec<T>`")[2]), difference(Vec::<String>::SCHEMA));
    let array = listed(Vec::<String>::SCHEMA);
    assert_eq!(array["type"], quoted(&row("`Vec<T>`")[1])[0]);
    assert_eq!(row("`Vec<T>`")[3], format!("{} items", array["maxItems"]));
    assert_eq!(keys_of(&row("`Option<T>`")[2]), difference(Option::<String>::SCHEMA));
    assert_eq!(listed(Option::<String>::SCHEMA), listed(String::SCHEMA));
    // A newtype has the schema of its field, narrowed by the bounds in `#[schema]`.
    assert_eq!(listed(Rank::SCHEMA), json!({ "type": "integer", "minimum": 0, "maximum": 9 }));
    assert_eq!(accepted(Rank::SCHEMA), accepted(u8::SCHEMA));
    let [limit, cursor] = tools![pages][0].contract().input() else { panic!("two parameters") };
    let default = limit.default_value().unwrap().json();
    let (limit, cursor) = (listed(limit.schema()), listed(cursor.schema()));
    assert_eq!(
        row("`PageRequest`")[3],
        format!(
            "`limit` {} to {}, {default} if absent; `cursor` {} characters",
            limit["minimum"],
            limit["maximum"],
            cursor["maxLength"].to_string().replace("1024", "1,024")
        )
    );
}
