//! The whole grammar, without a warning.
#![deny(warnings)]
use std::fmt;

use mcp_tool_runtime::{
    CallContext, Page, PageRequest, Schemars, Tool, ToolError, ToolSchema, mcp_tool, tools,
};

#[derive(serde::Serialize, ToolSchema)]
#[serde(rename_all = "kebab-case")]
enum Mood {
    VeryGood,
    #[serde(rename = "sad")]
    Bad,
}

mod other {
    use super::ToolSchema;

    #[derive(serde::Serialize, ToolSchema)]
    pub struct Person {
        /// A number.
        pub number: u32,
    }
}

#[derive(serde::Serialize, ToolSchema)]
#[schema(min_len = 3, max_len = 12, pattern = "^[a-z]+$")]
struct Word(String);

#[derive(ToolSchema)]
#[schema(min = 1, max = 10)]
struct Rank(u8);

#[derive(ToolSchema)]
#[schema(from_str, max_len = 39)]
struct Address(std::net::IpAddr);

#[derive(serde::Serialize, ToolSchema)]
#[serde(tag = "kind", rename = "person", rename_all = "camelCase")]
struct Person {
    /// A name.
    #[schema(max_len = 80)]
    first_name: String,
    /// Somebody else.
    other: other::Person,
    #[serde(skip)]
    _secret: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    mood: Option<Mood>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    #[schema(max_items = 3)]
    words: Vec<Word>,
    #[serde(flatten)]
    more: More,
    nested: Option<More2>,
    boxed: Box<More2>,
}

#[derive(serde::Serialize, ToolSchema)]
struct More {
    age: u8,
}

#[derive(serde::Serialize, ToolSchema)]
struct More2 {
    day: chrono::NaiveDate,
    at: chrono::DateTime<chrono::Utc>,
    id: uuid::Uuid,
}

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Foreign {
    anything: std::collections::BTreeMap<String, u32>,
}

struct People;
trait Greeter: Send + Sync {}
type Cx = CallContext;
type Maybe = Option<String>;
type Reply<T> = Result<T, ToolError>;

#[derive(Debug)]
struct Odd;
impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("odd")
    }
}
impl std::error::Error for Odd {}

/// All that a tool can take.
#[mcp_tool(
    version = "2.1",
    scope = ["people:read", "people:write"],
    name = "take-all",
    title = "Take all",
    idempotent,
    open_world,
    max_len = 64,
    max_items = 7,
    timeout = "5s",
    concurrency = 4
)]
async fn take_all(
    cx: &Cx,
    people: &People,
    greeter: &dyn Greeter,
    /** Text. */ text: String,
    /** Truth. */ #[arg(header = "Truth")] truth: bool,
    /** Width. */ #[arg(header = "A")] a: i8,
    /** Width. */ b: i16,
    /** Width. */ c: i32,
    /** Width. */ d: i64,
    /** Width. */ e: u8,
    /** Width. */ f: u16,
    /** Width. */ #[arg(header = "G")] g: u32,
    /** Width. */ #[arg(header = "H", max = 9_007_199_254_740_991)] h: u64,
    /** Share. */ #[arg(min = 0, max = 1.5)] share: f64,
    /** Share. */ half: f32,
    /** Mood. */ #[arg(header = "Mood", default = "very-good")] mood: Mood,
    /** Word. */ #[arg(max_len = 5, header = "Word")] word: Word,
    /** Rank. */ #[arg(header = "Rank", max = 5, default = 3)] rank: Rank,
    /** Address. */ address: Address,
    /** Id. */ #[arg(header = "Id")] id: uuid::Uuid,
    /** Day. */ day: chrono::NaiveDate,
    /** Instant. */ at: chrono::DateTime<chrono::Utc>,
    /** Instant. */ local: chrono::DateTime<chrono::FixedOffset>,
    /** Words. */ #[arg(min_items = 1, max_items = 3)] words: Vec<Word>,
    /** Perhaps. */ #[arg(header = "X-Maybe_1")] maybe: Maybe,
    /** Perhaps. */ some: Option<Vec<u32>>,
    /** Password. */ #[arg(secret, pattern = "^[!-~]+$")] password: String,
    /** A keyword, and the name of a local of the macro's. */ r#type: String,
    /** The same. */ arguments: String,
    /** The same. */ state: String,
) -> Reply<Person> {
    let _ = (cx, people, text, truth, a, b, c, d, e, f, g, h, share, half, mood, word.0, rank.0, address.0);
    let _ = (id, day, at, local, words, maybe, some, password, r#type, arguments, state, greeter as *const _);
    Err(ToolError::refused("no"))
}

/// A page.
#[mcp_tool(version = "1.0", public, read_only)]
async fn paged(/** The owner. */ name: String, page: PageRequest) -> Result<Page<Person>, ToolError> {
    let _ = name;
    Page::keyset(Vec::new(), &page, |person: &Person| person.first_name.clone())
}

/// Nothing, from a function that isn't async.
#[mcp_tool(version = "1.0", public, destructive)]
fn nothing(_people: &People, /** The manner. */ how: Option<f64>) {
    let _ = how;
}

/// Text.
#[mcp_tool(version = "1.0", public)]
fn text() -> &'static str {
    "text"
}

/// An error of the author's own.
#[mcp_tool(version = "1.0", public)]
async fn own_error() -> Result<(), Odd> {
    Err(Odd)
}

/// A boxed error.
#[mcp_tool(version = "1.0", public)]
async fn boxed_error() -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    Err("boxed".into())
}

/// A schema that is known only when the server runs.
#[mcp_tool(version = "1.0", public)]
async fn foreign() -> Schemars<Foreign> {
    Schemars(Foreign { anything: Default::default() })
}

mod elsewhere {
    /// One `use` brings the function and its type.
    #[mcp_tool_runtime::mcp_tool(version = "1.0", public)]
    pub async fn visitor() {}
}
use elsewhere::visitor;

fn main() {
    let tools = tools![take_all, paged, nothing, text, own_error, boxed_error, foreign, visitor];
    assert_eq!(tools.len(), 8);
    assert_eq!(<take_all as Tool>::CONTRACT.name(), "take-all");
    let _ = visitor();
    nothing(&People, None);
}
