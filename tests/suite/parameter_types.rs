//! Parameters of the types that aren't numbers, `bool` or `String`: the values that they accept and refuse, and values of
//! attributes that are constants.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use mcp_tool_runtime::{ToolEntry, prelude::*, testing::TestServer};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use url::Url;

const LIMIT: usize = 12;
const FEWEST: u16 = 7;
const WORD: &str = "hello";

mod limits {
    pub const ITEMS: u8 = 3;
    pub const IS_STRICT: bool = true;
}

/// Limits whose constants are written like variants and values.
trait Defaults {
    const SIZE: u32;
}

impl Defaults for Limits {
    const SIZE: u32 = 9;
}

struct Limits;

impl Limits {
    const LONGEST: u32 = 40;
    const DEFAULT_WORD: &'static str = "word";
    #[allow(non_upper_case_globals, reason = "a constant that is written like a variant")]
    const Usual: u8 = 4;
}

#[derive(Clone, Copy, Debug, serde::Serialize, ToolSchema)]
#[serde(rename_all = "lowercase")]
enum Priority {
    Low,
    #[serde(rename = "\"high\"")]
    High,
}
use Priority::High;

#[derive(Debug, serde::Serialize, ToolSchema)]
#[allow(clippy::upper_case_acronyms, reason = "a variant that is written like a constant")]
enum Currency {
    EUR,
    USD,
}

/// A newtype of a `Duration`, which is only a parameter.
#[derive(ToolSchema)]
struct Timeout(Duration);

#[derive(Debug, serde::Serialize, ToolSchema)]
#[schema(max_len = LIMIT)]
struct Short(Box<str>);

#[derive(serde::Serialize, ToolSchema)]
struct Texts {
    letter: char,
    boxed: Box<str>,
    cow: Cow<'static, str>,
    #[schema(max_items = limits::ITEMS, max_len = LIMIT)]
    short: Vec<Short>,
}

/// Return texts.
#[mcp_tool(version = "1.0", public, max_len = 2 * LIMIT, max_items = limits::ITEMS)]
async fn texts(
    /// A letter.
    letter: char,
    /// Text.
    boxed: Box<str>,
    /// Text.
    #[arg(max_len = Limits::LONGEST, default = WORD)]
    cow: Cow<'_, str>,
    /// Texts.
    short: Vec<Short>,
) -> Texts {
    Texts { letter, boxed, cow: cow.into_owned().into(), short }
}

#[derive(serde::Serialize, ToolSchema)]
struct Network {
    any: IpAddr,
    v4: Option<Ipv4Addr>,
    #[schema(max_items = 9)]
    v6: Vec<Ipv6Addr>,
    url: Option<Url>,
}

/// Return addresses.
#[mcp_tool(version = "1.0", public)]
fn network(
    /// An address.
    any: IpAddr,
    /// An address.
    v4: Option<Ipv4Addr>,
    /// Addresses.
    v6: Vec<Ipv6Addr>,
    /// An address.
    url: Option<Url>,
) -> Network {
    Network { any, v4, v6, url }
}

#[derive(serde::Serialize, ToolSchema)]
struct Amounts {
    seconds: u64,
    timeout_seconds: u64,
    price: Decimal,
    currency: Currency,
    priority: Priority,
    other: Priority,
    count: u16,
}

/// Return amounts.
#[mcp_tool(version = "1.0", public)]
async fn amounts(
    /// A duration.
    wait: Duration,
    /// A duration.
    timeout: Option<Timeout>,
    /// A price.
    #[arg(default = "1.50")]
    price: Decimal,
    /// A currency.
    #[arg(default = Currency::EUR)]
    currency: Currency,
    /// A priority.
    #[arg(default = Priority::Low)]
    priority: Priority,
    /// A priority.
    #[arg(default = High)]
    other: Priority,
    /// A count.
    #[arg(min = FEWEST - 1, max = limits::ITEMS as u16 * 10, default = FEWEST)]
    count: u16,
) -> Amounts {
    let timeout_seconds = timeout.map_or(0, |Timeout(duration)| duration.as_secs());
    Amounts { seconds: wait.as_secs(), timeout_seconds, price, currency, priority, other, count }
}

#[derive(serde::Serialize, ToolSchema)]
struct Defaulted {
    longest: u32,
    word: String,
    usual: u8,
    strict: bool,
    items: u8,
    size: u32,
    attempts: u16,
    priority: Priority,
}

/// Return values that have constants of types, modules and other crates as their defaults.
#[mcp_tool(version = "1.0", public)]
#[expect(clippy::too_many_arguments, reason = "one parameter for each kind of path")]
async fn defaulted(
    /// Constant of a type.
    #[arg(default = Limits::LONGEST)]
    longest: u32,
    /// Text of a type.
    #[arg(default = Limits::DEFAULT_WORD)]
    word: String,
    /// Constant that is written like a variant.
    #[arg(default = Limits::Usual)]
    usual: u8,
    /// Constant of a module.
    #[arg(default = limits::IS_STRICT)]
    strict: bool,
    /// Constant of a module by its full path.
    #[arg(default = self::limits::ITEMS)]
    items: u8,
    /// Constant of a trait.
    #[arg(default = <Limits as Defaults>::SIZE)]
    size: u32,
    /// Constant of another crate.
    #[arg(default = mcp_tool_tests_fragments::ATTEMPTS)]
    attempts: u16,
    /// Variant by its full path.
    #[arg(default = self::Priority::Low)]
    priority: Priority,
) -> Defaulted {
    Defaulted { longest, word, usual, strict, items, size, attempts, priority }
}

const TOOLS: &[ToolEntry] = tools![texts, network, amounts, defaulted];

async fn server() -> TestServer {
    TestServer::start(ToolServer::new("types", "1.0.0").tools(TOOLS)).await.unwrap()
}

/// Calls a tool with each value of a parameter that it must refuse, and asserts the pointer of the violation.
async fn assert_refused(server: &TestServer, tool: &str, valid: &Value, parameter: &str, values: &[Value]) {
    for value in values {
        let mut arguments = valid.clone();
        arguments[parameter] = value.clone();
        let refused = server.call(tool, &arguments).await;
        let text = format!("{:?}", refused.as_ref().err());
        assert!(refused.is_err() && text.contains(&format!("/{parameter}")), "{parameter} = {value}: {text}");
    }
}

#[tokio::test]
async fn constants_of_types_modules_and_crates_can_be_defaults() {
    let server = server().await;
    let expected = json!({
        "longest": 40, "word": "word", "usual": 4, "strict": true, "items": 3, "size": 9, "attempts": 5,
        "priority": "low",
    });
    assert_eq!(server.call("defaulted", json!({})).await.unwrap().json(), expected);
    let listed = server.list().await;
    let longest = &listed[3]["inputSchema"]["properties"]["longest"]["description"];
    assert_eq!(longest, "Constant of a type. Default: 40.");
}

#[tokio::test]
async fn text_types_are_accepted_within_their_bounds() {
    let server = server().await;
    let valid = json!({ "letter": "é", "boxed": "abc", "short": ["a", "b"] });
    let answer = server.call("texts", &valid).await.unwrap();
    assert_eq!(answer.json(), json!({ "letter": "é", "boxed": "abc", "cow": "hello", "short": ["a", "b"] }));
    assert_refused(&server, "texts", &valid, "letter", &[json!(""), json!("ab"), json!(1)]).await;
    // The tool's `max_len` is 24, the key's 40, and that of the newtype 12.
    assert_refused(&server, "texts", &valid, "boxed", &[json!("a".repeat(25))]).await;
    assert_refused(&server, "texts", &valid, "cow", &[json!("a".repeat(41))]).await;
    let long = json!(["a".repeat(13)]);
    assert_refused(&server, "texts", &valid, "short", &[long, json!(["a", "b", "c", "d"])]).await;
}

#[tokio::test]
async fn addresses_are_accepted_in_their_formats() {
    let server = server().await;
    let valid = json!({
        "any": "2001:db8::1",
        "v4": "192.0.2.1",
        "v6": ["::1"],
        "url": "https://example.com/a?b=c|d",
    });
    assert_eq!(server.call("network", &valid).await.unwrap().json(), valid);
    let no_address = [json!("localhost"), json!("1.2.3"), json!("dead"), json!("fe80::1%1"), json!("")];
    assert_refused(&server, "network", &valid, "any", &no_address).await;
    assert_refused(&server, "network", &valid, "v4", &[json!("::1"), json!("1.2.3.4 "), json!(1)]).await;
    assert_refused(&server, "network", &valid, "v6", &[json!(["1.2.3.4"])]).await;
    let no_url = [
        json!("/a"),
        json!("https://"),
        json!("https://exa mple.com"),
        json!(format!("a:{}", "b".repeat(2_047))),
    ];
    assert_refused(&server, "network", &valid, "url", &no_url).await;
}

#[tokio::test]
async fn amounts_are_exact_and_defaults_can_be_constants_and_variants() {
    let server = server().await;
    let valid = json!({ "wait": "PT1H30M", "timeout": "P7D", "price": "0.10" });
    let expected = json!({
        "seconds": 5_400, "timeout_seconds": 604_800, "price": "0.10", "currency": "EUR", "priority": "low",
        "other": "\"high\"", "count": 7,
    });
    assert_eq!(server.call("amounts", &valid).await.unwrap().json(), expected);
    let default = server.call("amounts", json!({ "wait": "PT0S" })).await.unwrap().json();
    assert_eq!(default["price"], "1.50");
    let no_duration =
        [json!("30s"), json!(30), json!("P1M"), json!("P1Y"), json!("P36526D"), json!("PT0.5S")];
    assert_refused(&server, "amounts", &valid, "wait", &no_duration).await;
    let many = format!("0.{}", "1".repeat(29));
    let no_decimal = [
        json!(0.1),
        json!("1e5"),
        json!("+1"),
        json!(".5"),
        json!("99999999999999999999999999999"),
        json!(many),
    ];
    assert_refused(&server, "amounts", &valid, "price", &no_decimal).await;
    assert_refused(&server, "amounts", &valid, "count", &[json!(5), json!(31)]).await;
}
