//! The schemas in `tools/list` accept a value exactly when the server does: an input schema when the argument parser
//! does, and an output schema when the check of results does.
//!
//! The oracle is the `jsonschema` crate (2020-12, formats asserted). One documented exception: the parser accepts
//! `null` for an optional parameter as if it were absent. The schema doesn't say so, because clients need plain types.
//! Four types have rules that JSON Schema can't express: [`narrower_types_differ_from_their_schema_as_documented`].

use std::{
    fmt::Debug,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use jsonschema::Validator;
use mcp_tool_contract::{
    bounds::{Format, Kind, Literal, LiteralValue, Schema},
    json::schema::Prose,
    model::{Contract, Param},
    pattern::{Matcher, Pattern},
    read::arguments::{self, ArgumentText, Slot, declare},
};
use mcp_tool_runtime::{Parameter, ToolSchema};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use rust_decimal::Decimal;
use serde_json::Value;
use url::Url;

/// Least number of compared values.
const VALUES: u32 = 200_000;
/// Random values for each set of bounds, in addition to the edge values.
const VALUES_PER_SCHEMA: usize = 50;

#[derive(Debug, ToolSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    PartlyPaid,
    Void,
}

#[derive(Debug, ToolSchema)]
#[schema(min_len = 12, max_len = 12, pattern = "^inv_[0-9]{8}$")]
struct InvoiceNumber(#[allow(dead_code, reason = "only read into")] String);

#[derive(Debug, ToolSchema)]
#[schema(min = -3, max = 1_000)]
struct Rank(#[allow(dead_code, reason = "only read into")] i16);

macro_rules! pattern {
    ($source:literal) => {{
        fn matcher() -> &'static Matcher {
            static MATCHER: Matcher = Matcher::new($source);
            &MATCHER
        }
        Pattern::new($source, matcher)
    }};
}

/// Patterns, each with matching texts.
const PATTERNS: &[(Pattern, &[&str])] = &[
    (pattern!("^inv_[0-9]{8}$"), &["inv_00000001", "inv_99999999"]),
    (pattern!("^[a-z]+(?:-[a-z]+)*$"), &["a", "net-thirty", "x-y-z"]),
    (pattern!("[A-Z]"), &["Q", "xQx", "éÉQ"]),
    (pattern!("^[^\\n]{2,4}$"), &["ab", "🦀🦀🦀🦀", "\t\u{2028}"]),
    (pattern!("^(?:|yes|no)$"), &["", "yes", "no"]),
    (pattern!("^\\$[0-9]{1,3}\\.[0-9]{2}$"), &["$1.00", "$999.99"]),
];

#[test]
fn schema_and_parser_accept_the_same_values() {
    let mut tally = Tally::default();
    let kinds: &[fn(&mut Tally, u32)] = &[
        |tally, cases| try_kind::<bool>(tally, cases, plain::<bool>()),
        |tally, cases| try_kind::<i8>(tally, cases, integers::<i8>()),
        |tally, cases| try_kind::<i16>(tally, cases, integers::<i16>()),
        |tally, cases| try_kind::<i32>(tally, cases, integers::<i32>()),
        |tally, cases| try_kind::<i64>(tally, cases, integers::<i64>()),
        |tally, cases| try_kind::<u8>(tally, cases, integers::<u8>()),
        |tally, cases| try_kind::<u16>(tally, cases, integers::<u16>()),
        |tally, cases| try_kind::<u32>(tally, cases, integers::<u32>()),
        |tally, cases| try_kind::<u64>(tally, cases, integers::<u64>()),
        |tally, cases| try_kind::<f64>(tally, cases, numbers::<f64>()),
        |tally, cases| try_kind::<f32>(tally, cases, numbers::<f32>()),
        |tally, cases| try_kind::<String>(tally, cases, lengths::<String>()),
        |tally, cases| try_kind::<String>(tally, cases, patterns()),
        |tally, cases| try_kind::<Status>(tally, cases, plain::<Status>()),
        |tally, cases| try_kind::<InvoiceNumber>(tally, cases, plain::<InvoiceNumber>()),
        |tally, cases| try_kind::<Rank>(tally, cases, plain::<Rank>()),
        |tally, cases| try_kind::<char>(tally, cases, plain::<char>()),
        |tally, cases| try_kind::<Ipv4Addr>(tally, cases, plain::<Ipv4Addr>()),
        |tally, cases| try_kind::<Ipv6Addr>(tally, cases, plain::<Ipv6Addr>()),
        |tally, cases| try_kind::<uuid::Uuid>(tally, cases, plain::<uuid::Uuid>()),
        |tally, cases| try_kind::<chrono::NaiveDate>(tally, cases, plain::<chrono::NaiveDate>()),
        |tally, cases| {
            try_kind::<chrono::DateTime<chrono::Utc>>(tally, cases, plain::<chrono::DateTime<chrono::Utc>>());
        },
        |tally, cases| {
            let params = plain::<chrono::DateTime<chrono::FixedOffset>>();
            try_kind::<chrono::DateTime<chrono::FixedOffset>>(tally, cases, params);
        },
        |tally, cases| try_kind::<Vec<String>>(tally, cases, arrays(lengths::<Vec<String>>())),
        |tally, cases| try_kind::<Vec<i64>>(tally, cases, arrays(integers::<Vec<i64>>())),
        |tally, cases| try_kind::<Vec<f64>>(tally, cases, arrays(numbers::<Vec<f64>>())),
        |tally, cases| try_kind::<Vec<Status>>(tally, cases, arrays(plain::<Vec<Status>>())),
        |tally, cases| try_kind::<Vec<bool>>(tally, cases, arrays(plain::<Vec<bool>>())),
        |tally, cases| try_kind::<Vec<uuid::Uuid>>(tally, cases, arrays(plain::<Vec<uuid::Uuid>>())),
        |tally, cases| try_kind::<Option<u32>>(tally, cases, integers::<Option<u32>>()),
        |tally, cases| try_kind::<Option<String>>(tally, cases, lengths::<Option<String>>()),
        |tally, cases| {
            try_kind::<Option<Vec<Status>>>(tally, cases, arrays(plain::<Option<Vec<Status>>>()));
        },
        |tally, cases| try_kind::<u32>(tally, cases, defaulted()),
    ];
    let cases = VALUES / kinds.len() as u32 / VALUES_PER_SCHEMA as u32 + 1;
    for kind in kinds {
        kind(&mut tally, cases);
    }
    println!("{} values, {} accepted, {} at an edge", tally.values, tally.accepted, tally.edges);
    assert!(tally.values >= u64::from(VALUES), "{tally:?}");
    assert!(tally.accepted * 10 >= tally.values * 3, "too few are accepted: {tally:?}");
    assert!(tally.accepted * 10 <= tally.values * 8, "too few are refused: {tally:?}");
}

/// The parser refuses texts that the schemas of these types accept:
/// - `Duration`: years and months, whose length varies, and more than 36,525 days.
/// - `IpAddr`: the pattern says only which characters an address of either version has.
/// - `Decimal`: more than 28 digits, or a number that a `Decimal` can't hold without rounding.
/// - `Url`: URIs that aren't URLs. It also accepts `|`, `%` without digits, and a second `#`,
///   which RFC 3986 doesn't allow.
#[test]
fn narrower_types_differ_from_their_schema_as_documented() {
    let number = || select(vec!["", "0", "1", "7", "59", "007", "36525", "36526", "99999999999999999999"]);
    let parts = (number(), select(vec!["", "D", "M", "Y", "W"]), number(), select(vec!["", "H", "M", "S"]));
    let durations = (parts, select(vec!["", "T"]))
        .prop_map(|((days, day, times, time), t)| format!("P{days}{day}{t}{times}{time}"));
    narrower::<Duration>(durations.boxed(), |text| {
        let (date, _) = text.split_once('T').unwrap_or((text, ""));
        date.contains(['Y', 'M']) || text.contains("36525") || text.contains("36526") || text.contains("999")
    });
    narrower::<IpAddr>(
        "[0-9a-f:.]{2,12}|([0-9]{1,3}[.]){3}[0-9]{1,3}|::[0-9a-f]{1,4}".prop_strings(),
        |text| text.parse::<IpAddr>().is_err(),
    );
    narrower::<Decimal>(
        "-?[0-9]{1,30}([.][0-9]{1,29})?|[+]?[0-9]{0,2}[.]?[0-9]{0,2}".prop_strings(),
        |text| text.bytes().filter(u8::is_ascii_digit).count() > 28,
    );
    narrower::<Url>("(https?|a|mailto):(//)?[a-z0-9.|%~-]{0,8}(/[a-z|?#%]{0,4})?".prop_strings(), |text| {
        text.contains(['|', '%']) || text.matches('#').count() > 1 || Url::parse(text).is_err()
    });
}

/// Strings that a regular expression generates.
trait PropStrings {
    fn prop_strings(self) -> BoxedStrategy<String>;
}

impl PropStrings for &'static str {
    fn prop_strings(self) -> BoxedStrategy<String> {
        proptest::string::string_regex(self).unwrap().boxed()
    }
}

/// Compares the typed parser with the oracle. They may differ only for texts for which `is_exception` returns `true`.
fn narrower<T: Parameter>(texts: BoxedStrategy<String>, is_exception: fn(&str) -> bool) {
    let name = std::any::type_name::<T>();
    let declared = declare::<T>("p", "");
    let oracle = oracle(&[declared.param]);
    let (accepted, differing) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let outcome = runner(5_000).run(&texts, |text| {
        let arguments = serde_json::json!({ "p": text });
        let mut slot = Slot::new(&declared);
        let json = arguments.to_string();
        let is_read = arguments::read(&ArgumentText::new(&json), &mut [&mut slot]).is_ok();
        let is_valid = oracle.is_valid(&arguments);
        accepted.set(accepted.get() + u32::from(is_read));
        differing.set(differing.get() + u32::from(is_read != is_valid));
        let is_agreed = is_read == is_valid || is_exception(&text);
        prop_assert!(is_agreed, "{}: read {}, valid {}", text, is_read, is_valid);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{name}: {error}");
    }
    assert!(accepted.get() > 0 && differing.get() > 0, "{name}: {accepted:?} accepted, {differing:?} differ");
}

/// Counts of all compared values, of the accepted values, and of the values from [`edges`].
#[derive(Debug, Default)]
struct Tally {
    values: u64,
    accepted: u64,
    edges: u64,
}

/// Returns a runner of `cases` cases, or of as many as the environment variable `PROPTEST_CASES` says.
fn runner(cases: u32) -> TestRunner {
    let config = Config::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { cases };
    TestRunner::new(Config { cases, failure_persistence: None, ..config })
}

/// Compares schema and parsers of a parameter type with random bounds, on random values and all edge values. `cases` is
/// the number of random bounds.
fn try_kind<T: Parameter + Debug>(tally: &mut Tally, cases: u32, params: BoxedStrategy<Param>) {
    let mut runner = runner(cases);
    let strategy = params.prop_flat_map(|param| {
        let values = vec(value(param.schema()), VALUES_PER_SCHEMA);
        (Just(param), values)
    });
    let (mut values, mut accepted, mut edge_values) = (0, 0, 0);
    let counts = std::cell::RefCell::new((&mut values, &mut accepted, &mut edge_values));
    let outcome = runner.run(&strategy, |(param, values)| {
        let oracle = oracle(&[param]);
        let edges = edges(param.schema());
        let mut counts = counts.borrow_mut();
        *counts.2 += edges.len() as u64;
        for text in edges.iter().chain(&values) {
            *counts.0 += 1;
            *counts.1 += u64::from(agree::<T>(&param, text, &oracle)?);
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{}: {error}", std::any::type_name::<T>());
    }
    assert!(accepted > 0 && accepted < values, "{} accepts all values or none", std::any::type_name::<T>());
    tally.values += values;
    tally.accepted += accepted;
    tally.edges += edge_values;
}

/// Compares the typed parser, which reads a `T`, the untyped parser, which only validates, and the oracle on a value.
/// Returns `true` if they accept the value, and `Err` if they differ.
fn agree<T: Parameter>(param: &Param, text: &str, oracle: &Validator) -> Result<bool, TestCaseError> {
    let arguments = format!("{{\"p\":{text}}}");
    let declared = declare::<T>("p", "").with(*param);
    let mut slot = Slot::new(&declared);
    let read = arguments::read(&ArgumentText::new(&arguments), &mut [&mut slot]);
    let untyped = arguments::check(&arguments, &[*param]);
    prop_assert_eq!(&read, &untyped, "typed and untyped parser differ on {}", text);

    let instance: Value =
        serde_json::from_str(&arguments).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let expected = match instance["p"] {
        Value::Null if !param.is_required() => true,
        _ => oracle.is_valid(&instance) && has_digits(param, &instance["p"]),
    };
    let verdict = read.as_ref().map_or_else(|violations| violations.to_string(), |()| "accepted".into());
    prop_assert_eq!(read.is_ok(), expected, "the parser says of {}: {}", text, verdict);
    Ok(expected)
}

/// Returns `false` for a date or time with another character in place of a digit. The oracle accepts any of `*+,-./`
/// there.
fn has_digits(param: &Param, value: &Value) -> bool {
    let (Kind::Text(bounds), Some(text)) = (param.schema().kind(), value.as_str()) else {
        return true;
    };
    let Some(format) = bounds.format() else { return true };
    let (from_start, from_end) = match format {
        Format::Uuid => ("", ""),
        Format::Date => ("0000-00-00", ""),
        Format::DateTime if text.ends_with(['Z', 'z']) => ("0000-00-00T00:00:00", ""),
        Format::DateTime => ("0000-00-00T00:00:00", "00:00"),
        Format::Ipv4 | Format::Ipv6 => ("", ""),
        other => unreachable!("no case for {other:?}"),
    };
    let digit = |(place, byte): (u8, u8)| place != b'0' || byte.is_ascii_digit();
    from_start.bytes().zip(text.bytes()).all(digit)
        && from_end.bytes().rev().zip(text.bytes().rev()).all(digit)
}

/// Compiles the input schema of a tool with these parameters.
fn oracle(params: &[Param]) -> Validator {
    let contract = Contract::EMPTY.with_input(params.to_vec().leak());
    let schema = serde_json::to_value(contract.input_schema(Prose::Kept)).unwrap();
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

/// A call has all arguments of a tool, so absent and unknown arguments are tested, too.
#[test]
fn schema_and_parser_accept_the_same_calls() {
    let default = Literal::new(LiteralValue::Text("open"), "\"open\"");
    let named = |name, param: Param| param.with_name(name);
    let params = [
        named("count", bounded(bare::<u32>().min(integer(1)).max(integer(9)))),
        named("title", bounded(bare::<Option<String>>())),
        named("status", bounded(bare::<Status>()).default(default)),
        named("tags", bounded(bare::<Vec<String>>())),
    ];
    let oracle = oracle(&params);
    let members = (
        proptest::option::weighted(0.9, likely(params[0].schema())),
        proptest::option::of(prop_oneof![4 => likely(params[1].schema()), 1 => Just("null".to_owned())]),
        proptest::option::of(prop_oneof![4 => likely(params[2].schema()), 1 => Just("null".to_owned())]),
        proptest::option::weighted(
            0.9,
            prop_oneof![Just("[]"), Just("[\"a\"]"), Just("null")].prop_map(str::to_owned),
        ),
        proptest::option::weighted(0.1, (select(vec!["Count", "titel", "", "count\\u0000"]), anything())),
    );
    let calls = members.prop_map(|(count, title, status, tags, odd)| {
        let known = [("count", count), ("title", title), ("status", status), ("tags", tags)];
        let known = known.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let members = known.chain(odd).map(|(name, value)| format!("\"{name}\":{value}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    });
    let mut runner = runner(5_000);
    let (accepted, cases) = (std::cell::Cell::new(0), runner.config().cases);
    let outcome = runner.run(&calls, |call| {
        let mut instance: serde_json::Map<String, Value> = serde_json::from_str(&call).unwrap();
        for optional in params.iter().filter(|param| !param.is_required()) {
            if instance.get(optional.name()) == Some(&Value::Null) {
                instance.remove(optional.name());
            }
        }
        let expected = oracle.is_valid(&Value::Object(instance));
        accepted.set(accepted.get() + u32::from(expected));
        prop_assert_eq!(arguments::check(&call, &params).is_ok(), expected, "{}", call);
        Ok(())
    });
    assert_eq!(outcome, Ok(()));
    let share = f64::from(accepted.get()) / f64::from(cases);
    assert!((0.3..0.8).contains(&share), "{} of {cases} calls were accepted", accepted.get());
}

/// A result with every kind of member.
#[derive(ToolSchema, serde::Serialize)]
#[serde(tag = "kind")]
struct Order {
    #[schema(min = 1, max = 9)]
    count: u32,
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<OrderStatus>,
    #[schema(max_items = 3)]
    lines: Vec<Line>,
    #[serde(flatten)]
    line: Line,
}

#[derive(ToolSchema, serde::Serialize)]
enum OrderStatus {
    Open,
    Void,
}

#[derive(ToolSchema, serde::Serialize)]
struct Line {
    #[schema(pattern = "^[a-z]+$", max_len = 5)]
    article: String,
    share: Option<f64>,
}

#[test]
fn result_check_and_output_schema_accept_the_same_results() {
    let object = <Order as mcp_tool_runtime::OutputObject>::OBJECT;
    let contract = Contract::EMPTY.with_output(mcp_tool_contract::model::ToolOutput::Object(object));
    let schema =
        contract.output_schema(Prose::Kept).map(|schema| serde_json::to_value(schema).unwrap()).unwrap();
    let oracle = jsonschema::draft202012::new(&schema).unwrap();
    let article = || prop_oneof![15 => Just("\"abc\""), 1 => select(vec!["\"ABC\"", "\"abcdef\"", "7"])];
    let share = || prop_oneof![15 => select(vec!["0.5", "1", "null"]), 1 => Just("\"1\"")];
    let line = || {
        (article(), share())
            .prop_map(|(article, share)| format!("{{\"article\":{article},\"share\":{share}}}"))
    };
    // On average, twelve of thirteen values are one of `good`.
    let mostly = |good: &'static [&'static str]| prop_oneof![12 => select(good).prop_map(str::to_owned), 1 => anything()];
    let members = (
        proptest::option::weighted(0.97, mostly(&["\"Order\""])),
        proptest::option::weighted(0.97, mostly(&["1", "9", "5"])),
        proptest::option::weighted(0.97, mostly(&["null", "\"x\""])),
        proptest::option::of(mostly(&["\"Open\"", "\"Void\""])),
        proptest::option::weighted(
            0.97,
            vec(line(), 0..5).prop_map(|lines| format!("[{}]", lines.join(","))),
        ),
        proptest::option::weighted(0.97, article()),
        proptest::option::weighted(0.97, share()),
    );
    let results = members.prop_map(|(kind, count, title, status, lines, article, share)| {
        let (article, share) = (article.map(str::to_owned), share.map(str::to_owned));
        let names = ["kind", "count", "title", "status", "lines", "article", "share"];
        let members = names.into_iter().zip([kind, count, title, status, lines, article, share]);
        let members = members.filter_map(|(name, value)| Some(format!("\"{name}\":{}", value?)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    });
    let mut runner = runner(5_000);
    let (passed, cases) = (std::cell::Cell::new(0), runner.config().cases);
    let outcome = runner.run(&results, |json| {
        let expected = oracle.is_valid(&serde_json::from_str(&json).unwrap());
        passed.set(passed.get() + u32::from(expected));
        let checked = mcp_tool_contract::read::result::check(&json, object);
        prop_assert_eq!(checked.is_ok(), expected, "{} {:?}", json, checked);
        let undeclared = json.replacen('{', "{\"undeclared\":1,", 1);
        prop_assert!(mcp_tool_contract::read::result::check(&undeclared, object).is_err());
        Ok(())
    });
    assert_eq!(outcome, Ok(()));
    let share = f64::from(passed.get()) / f64::from(cases);
    assert!((0.1..0.9).contains(&share), "{} of {cases} results were accepted", passed.get());
}

// Parameters with random bounds.

/// A parameter without bounds.
fn bare<T: Parameter>() -> Param {
    Param::new("p", "", T::SCHEMA)
}

/// The parameter with a maximum of 40 characters and 8 items, unless it has its own.
fn bounded(param: Param) -> Param {
    param.bounded(Some(40), Some(8))
}

/// Parameters with the bounds of their type.
fn plain<T: Parameter>() -> BoxedStrategy<Param> {
    Just(bounded(bare::<T>())).boxed()
}

fn integer(value: i128) -> Literal {
    Literal::new(LiteralValue::Integer(value), "")
}

fn number(value: f64) -> Literal {
    Literal::new(LiteralValue::Number(value), "")
}

/// Parameters of an integer type with random bounds.
fn integers<T: Parameter>() -> BoxedStrategy<Param> {
    let Kind::Integer { minimum, maximum } = T::SCHEMA.kind() else { panic!("not an integer") };
    let bound = prop_oneof![
        minimum..=maximum,
        select(vec![
            0,
            1,
            -1,
            7,
            100,
            1 << 53,
            (1 << 53) + 1,
            i128::from(i64::MAX) - 1,
            maximum - 1,
            minimum + 1
        ])
        .prop_map(move |bound| bound.clamp(minimum, maximum)),
    ];
    (proptest::option::of(bound.clone()), proptest::option::of(bound))
        .prop_map(|(a, b)| {
            let (low, high) = match (a, b) {
                (Some(a), Some(b)) => (Some(a.min(b)), Some(a.max(b))),
                bounds => bounds,
            };
            let param = low.map_or(bare::<T>(), |low| bare::<T>().min(integer(low)));
            bounded(high.map_or(param, |high| param.max(integer(high))))
        })
        .boxed()
}

/// Parameters of a float type with random bounds.
fn numbers<T: Parameter>() -> BoxedStrategy<Param> {
    let bound = prop_oneof![
        -1e6..1e6,
        select(vec![0.0, 0.1, 0.5, -2.5, 1e-7, 1e15, 9_007_199_254_740_992.0, -1e30, 1.5e38]),
    ];
    (proptest::option::of(bound.clone()), proptest::option::of(bound))
        .prop_map(|(a, b): (Option<f64>, Option<f64>)| {
            let (low, high) = match (a, b) {
                (Some(a), Some(b)) => (Some(a.min(b)), Some(a.max(b))),
                bounds => bounds,
            };
            let param = low.map_or(bare::<T>(), |low| bare::<T>().min(number(low)));
            bounded(high.map_or(param, |high| param.max(number(high))))
        })
        .boxed()
}

/// Text parameters with random lengths.
fn lengths<T: Parameter>() -> BoxedStrategy<Param> {
    (0u64..12, 0u64..12).prop_map(|(a, b)| bounded(bare::<T>().min_len(a.min(b)).max_len(a.max(b)))).boxed()
}

/// Text parameters with one of [`PATTERNS`].
fn patterns() -> BoxedStrategy<Param> {
    select(PATTERNS).prop_map(|(pattern, _)| bounded(bare::<String>().pattern(pattern))).boxed()
}

/// These array parameters with random numbers of items.
fn arrays(params: BoxedStrategy<Param>) -> BoxedStrategy<Param> {
    (params, 0u64..5, 0u64..5).prop_map(|(param, a, b)| param.min_items(a.min(b)).max_items(a.max(b))).boxed()
}

/// A parameter with a default, which is therefore not required.
fn defaulted() -> BoxedStrategy<Param> {
    let default = Literal::new(LiteralValue::Integer(20), "20");
    Just(bounded(bare::<u32>().min(integer(1)).max(integer(100))).default(default)).boxed()
}

// Values are JSON text, so that every spelling of a number is tested.

/// A value that is probably valid, an edge value, or any JSON.
fn value(schema: Schema) -> BoxedStrategy<String> {
    match schema.items() {
        Some(items) => {
            let item = schema.with_items(None);
            let (min, max) = (items.min() as usize, items.max().unwrap_or(8) as usize);
            prop_oneof![
                5 => vec(likely(item), min..=max),
                1 => vec(value(item), 0..=max + 2),
                1 => anything().prop_map(|other| vec![other]),
            ]
            .prop_map(|items| format!("[{}]", items.join(",")))
            .boxed()
        }
        None => prop_oneof![3 => likely(schema), 1 => select(edges(schema)), 1 => anything()].boxed(),
    }
}

/// A single value in or near the valid range.
fn likely(schema: Schema) -> BoxedStrategy<String> {
    match schema.kind() {
        Kind::Boolean => {
            select(vec!["true", "false", "true", "false", "\"true\"", "0"]).prop_map(str::to_owned).boxed()
        }
        Kind::Integer { minimum, maximum } => {
            let beyond =
                |bound: i128, by: i128| bound.saturating_add(by).clamp(i64::MIN.into(), u64::MAX.into());
            prop_oneof![6 => minimum..=maximum, 1 => beyond(minimum, -300)..=beyond(maximum, 300)]
                .prop_flat_map(|integer| select(spellings(integer)))
                .boxed()
        }
        Kind::Number { minimum, maximum } => {
            let (low, high) = (minimum.unwrap_or(-1e9).max(-1e300), maximum.unwrap_or(1e9).min(1e300));
            // Steps of a thousandth between the bounds, and slightly beyond them.
            prop_oneof![5 => 0..=1_000i32, 1 => -10..=1_010i32]
                .prop_map(move |step| low + (high - low) * f64::from(step) / 1_000.0)
                .prop_flat_map(|number| {
                    select(vec![format!("{number}"), format!("{number:e}"), format!("{number:?}")])
                })
                .boxed()
        }
        Kind::Text(text) if let Some(format) = text.format() => spelled(format.name()),
        Kind::Text(text) if let Some(pattern) = text.pattern() => {
            let matching = PATTERNS.iter().find(|(known, _)| *known == pattern).map(|(_, texts)| *texts);
            let texts = matching.unwrap_or_default().to_vec();
            prop_oneof![
                3 => select(texts.clone()).prop_map(str::to_owned),
                1 => select(texts).prop_flat_map(|text| mutated(text.to_owned())),
            ]
            .prop_flat_map(quoted)
            .boxed()
        }
        Kind::Text(text) => {
            let (min, max) = (text.min_len() as usize, text.max_len().unwrap_or(40) as usize);
            prop_oneof![4 => vec(letter(), min..=max), 1 => vec(letter(), 0..=max + 3)]
                .prop_map(|letters| letters.into_iter().collect())
                .prop_flat_map(quoted)
                .boxed()
        }
        Kind::Enum(values) => prop_oneof![
            4 => select(values).prop_map(str::to_owned),
            1 => select(values).prop_flat_map(|text| mutated(text.to_owned())),
        ]
        .prop_flat_map(quoted)
        .boxed(),
        Kind::Object(_) => anything(),
        other => unreachable!("no case for {other:?}"),
    }
}

/// Spellings of an integer that the oracle also reads exactly, and for a small integer a number with the fraction `.5`.
fn spellings(integer: i128) -> Vec<String> {
    let mut spelled = vec![integer.to_string(); 4];
    if integer.unsigned_abs() < 1 << 50 {
        spelled.extend([format!("{integer}.0"), format!("{integer}.000e0"), format!("{}e-1", integer * 10)]);
        spelled.push(format!("{integer}.5"));
    } else if (integer as f64) as i128 == integer {
        spelled.push(format!("{integer}.0"));
    }
    spelled
}

fn letter() -> impl Strategy<Value = char> {
    let odd = vec!['🦀', 'é', '\u{0}', '"', '\\', '\n', '*', '/'];
    prop_oneof![5 => proptest::char::range('a', 'z'), 1 => any::<char>(), 1 => select(odd)]
}

/// A JSON string, plain or fully escaped.
fn quoted(text: String) -> impl Strategy<Value = String> {
    let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    select(vec![serde_json::to_string(&text).unwrap(), format!("\"{escaped}\"")])
}

/// The text with one letter removed, inserted or changed, or in upper case.
fn mutated(text: String) -> BoxedStrategy<String> {
    let letters: Vec<char> = text.chars().collect();
    let length = letters.len();
    (0..=length, letter(), 0..4u8)
        .prop_map(move |(at, letter, how)| {
            let mut letters = letters.clone();
            match how {
                0 if at < length => drop(letters.remove(at)),
                1 if at < length => letters[at] = letter,
                2 => letters = letters.iter().flat_map(|letter| letter.to_uppercase()).collect(),
                _ => letters.insert(at, letter),
            }
            letters.into_iter().collect()
        })
        .boxed()
}

/// A text that is valid or nearly valid in the format.
fn spelled(format: &str) -> BoxedStrategy<String> {
    let two = |most: u32| (0..=most).prop_map(|number| format!("{number:02}"));
    let date = (0..=9999u32, 0..=13u32, 0..=32u32)
        .prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"));
    let good_date = (0..=9999u32, 1..=12u32, 1..=28u32)
        .prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"));
    let date = prop_oneof![
        good_date,
        date,
        select(vec!["2024-02-29", "2023-02-29", "2000-02-29", "1900-02-29"]).prop_map(str::to_owned)
    ]
    .boxed();
    let text = match format {
        "uuid" => any::<u128>()
            .prop_flat_map(|bits| {
                let uuid = uuid::Uuid::from_u128(bits);
                select(vec![
                    uuid.hyphenated().to_string(),
                    uuid.to_string().to_uppercase(),
                    uuid.simple().to_string(),
                    uuid.urn().to_string(),
                ])
            })
            .boxed(),
        "date" => date,
        "ipv4" => prop_oneof![
            any::<u32>().prop_map(|bits| Ipv4Addr::from(bits).to_string()),
            select(vec!["1.2.3", "01.2.3.4", "256.0.0.1", "1.2.3.4.5", "1.2.3.04", " 1.2.3.4"])
                .prop_map(str::to_owned),
        ]
        .boxed(),
        "ipv6" => prop_oneof![
            any::<u128>().prop_map(|bits| Ipv6Addr::from(bits).to_string()),
            (any::<u16>(), any::<u32>())
                .prop_map(|(group, low)| { format!("{group:x}::{}", Ipv4Addr::from(low)) }),
            select(vec!["::", "::1", "1::", ":::", "fe80::1%1", "[::1]", "1:2:3:4:5:6:7:8:9", "1::2::3"])
                .prop_map(str::to_owned),
        ]
        .boxed(),
        _ => {
            let fraction = select(vec!["", ".5", ".123456789", ".", ".1234567890123"]);
            let offset = prop_oneof![
                select(vec!["Z", "z", "+00:00", "-00:00", "+23:59", "-23:59", "+24:00", "", "+0100", "+01"])
                    .prop_map(str::to_owned),
                (two(23), two(59)).prop_map(|(hours, minutes)| format!("+{hours}:{minutes}")),
            ];
            let time = prop_oneof![
                4 => (two(23), two(59), two(59)),
                1 => (two(25), two(61), two(62)),
                1 => (Just("23".to_owned()), Just("59".to_owned()), Just("60".to_owned())),
            ];
            (date, select(vec!["T", "T", "T", "t", " "]), time, fraction, offset)
                .prop_map(|(date, t, (hour, minute, second), fraction, offset)| {
                    format!("{date}{t}{hour}:{minute}:{second}{fraction}{offset}")
                })
                .boxed()
        }
    };
    prop_oneof![5 => text.clone(), 1 => text.prop_flat_map(mutated)].prop_flat_map(quoted).boxed()
}

/// Any JSON, of any type.
fn anything() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        select(vec![
            "null", "true", "false", "0", "-0", "-0.0", "1", "1.0", "1.5", "1e3", "-1", "1e300", "\"\"",
            "[]", "{}"
        ])
        .prop_map(str::to_owned),
        any::<i64>().prop_map(|integer| integer.to_string()),
        any::<u64>().prop_map(|integer| integer.to_string()),
        vec(letter(), 0..20)
            .prop_map(|letters| letters.into_iter().collect::<String>())
            .prop_flat_map(quoted),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            inner.prop_map(|value| format!("{{\"a\":{value}}}")),
        ]
    })
    .boxed()
}

/// Edge values of each keyword: the last valid values, the first invalid ones, and their neighbours.
fn edges(schema: Schema) -> Vec<String> {
    if let Some(items) = schema.items() {
        let item = schema.with_items(None);
        let good = sample(item);
        let array = |length: u64| format!("[{}]", vec![good.clone(); length as usize].join(","));
        let (min, max) = (items.min(), items.max().unwrap_or(8));
        return [min.saturating_sub(1), min, min + 1, max.saturating_sub(1), max, max + 1].map(array).into();
    }
    match schema.kind() {
        Kind::Boolean => ["true", "false", "null", "1", "\"false\""].map(str::to_owned).into(),
        Kind::Integer { minimum, maximum } => {
            let near = [minimum - 1, minimum, minimum + 1, maximum - 1, maximum, maximum + 1];
            near.into_iter().filter(|edge| oracle_holds(*edge)).flat_map(spellings).collect()
        }
        Kind::Number { minimum, maximum } => {
            let near = |bound: f64| [bound.next_down(), bound, bound.next_up()];
            let near = minimum.into_iter().chain(maximum).flat_map(near).map(|number| format!("{number:?}"));
            near.chain(["-0.0", "1e308", "-1e308", "9007199254740993"].map(str::to_owned)).collect()
        }
        Kind::Text(text) => {
            let (min_len, max) = (text.min_len(), text.max_len().unwrap_or(40));
            let lengths =
                [min_len.saturating_sub(1), min_len, min_len + 1, max.saturating_sub(1), max, max + 1];
            let texts =
                |letter: &str| lengths.map(|length| format!("\"{}\"", letter.repeat(length as usize)));
            ["a", "🦀", "e\u{301}", "\\ud83e\\udd80", "\\u0000"].into_iter().flat_map(texts).collect()
        }
        Kind::Enum(values) => values
            .iter()
            .flat_map(|value| [value.to_string(), value.to_uppercase(), format!("{value} "), String::new()])
            .map(|text| serde_json::to_string(&text).unwrap())
            .collect(),
        Kind::Object(_) => Vec::new(),
        other => unreachable!("no case for {other:?}"),
    }
}

/// Returns `true` if the oracle, whose numbers have 64 bits, represents an integer exactly.
fn oracle_holds(integer: i128) -> bool {
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&integer) || (integer as f64) as i128 == integer
}

/// A value that the schema accepts. The schema must have no pattern, and no format except `uuid`.
fn sample(schema: Schema) -> String {
    match schema.kind() {
        Kind::Boolean => "true".into(),
        Kind::Integer { minimum, .. } => minimum.to_string(),
        Kind::Number { minimum, maximum } => format!("{:?}", minimum.or(maximum).unwrap_or(0.5)),
        Kind::Text(text) if text.format().is_some() => "\"67e55044-10b1-426f-9247-bb680e5fe0c8\"".into(),
        Kind::Text(text) => format!("\"{}\"", "a".repeat(text.min_len() as usize)),
        Kind::Enum(values) => format!("\"{}\"", values[0]),
        Kind::Object(_) => "{}".into(),
        other => unreachable!("no case for {other:?}"),
    }
}
