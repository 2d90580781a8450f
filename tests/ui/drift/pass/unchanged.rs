//! Unchanged tools of every kind.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::{Page, PageRequest, Schemars, ToolError, ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
#[serde(rename_all = "kebab-case")]
enum Mood {
    VeryGood,
    #[serde(rename = "sad")]
    Bad,
}

#[derive(serde::Serialize, ToolSchema)]
#[schema(min_len = 3, max_len = 12, pattern = "^[a-z]+$")]
struct Word(String);

#[derive(ToolSchema)]
#[schema(from_str, max_len = 39)]
struct Address(std::net::IpAddr);

#[derive(serde::Serialize, ToolSchema)]
#[serde(tag = "kind", rename = "person", rename_all = "camelCase")]
struct Person {
    /// A name.
    #[schema(max_len = 80)]
    first_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mood: Option<Mood>,
    #[schema(max_items = 3)]
    words: Vec<Word>,
    #[serde(flatten)]
    life: Life,
    home: Option<Place>,
    #[schema(min_items = 1, max_items = 9)]
    houses: Vec<Place>,
    share: f32,
    really: bool,
}

#[derive(serde::Serialize, ToolSchema)]
struct Life {
    #[schema(min = 1900)]
    year: u16,
    born: chrono::NaiveDate,
    at: chrono::DateTime<chrono::Utc>,
    id: uuid::Uuid,
}

#[derive(serde::Serialize, ToolSchema)]
struct Place {
    street: Box<Street>,
}

#[derive(serde::Serialize, ToolSchema)]
struct Street {
    name: Word,
}

/// All that a tool can take.
#[mcp_tool(
    version = "2.1",
    scope = ["things:read", "things:write"],
    name = "take-all",
    title = "Take all",
    idempotent,
    open_world,
    max_len = 64,
    max_items = 7,
    timeout = "5s",
    concurrency = 4,
    rate = "500/day",
    upstream = ["billing", "mail"],
    deprecated(message = "Take less.", replacement = "take-less", removal = "2027-01-31"),
    weakens("scope-removed", reason = "It was \"too much\" – for most.")
)]
async fn take_all(
    /** Text. */
    text: String,
    /** Truth. */
    #[arg(default = true)]
    truth: bool,
    /** Width. */
    narrow: i8,
    /** Width. */
    wide: i64,
    /** Width. */
    widest: u64,
    /** Share. */
    #[arg(min = 0, max = 1.5, default = 0.25)]
    share: f64,
    /** Share. */
    half: f32,
    /** Mood. */
    #[arg(default = "very-good")]
    mood: Mood,
    /** Word. */
    #[arg(max_len = 5)]
    word: Word,
    /** Rank. */
    #[arg(min = -3, max = 5, default = -1)]
    rank: i32,
    /** Address. */
    #[arg(header = "Address")]
    address: Address,
    /** Id. */
    id: uuid::Uuid,
    /** Day. */
    day: chrono::NaiveDate,
    /** Instant. */
    at: chrono::DateTime<chrono::FixedOffset>,
    /** Words. */
    #[arg(min_items = 1, max_items = 3)]
    words: Vec<Word>,
    /** Perhaps. */
    maybe: Option<String>,
    /** Perhaps. */
    some: Option<Vec<Mood>>,
    /** Password. */
    #[arg(secret, pattern = "^[!-~]+$")]
    password: String,
    /** A keyword. */
    r#type: String,
) -> Result<Person, ToolError> {
    unimplemented!()
}

/// A page of them.
#[mcp_tool(version = "1.0", public, read_only)]
async fn paged(
    /** The owner. */
    name: String,
    page: PageRequest,
) -> Result<Page<Person>, ToolError> {
    unimplemented!()
}

/// Nothing.
#[mcp_tool(version = "1.0", public, destructive)]
fn nothing() {}

/// Nothing, for few.
#[mcp_tool(version = "1.0", scope = "things:read", destructive, gate(scope = "things:purge"), rate = "1/s")]
fn gated() {}

/// Text, with "quotes", a \ and – beyond ASCII.
#[mcp_tool(version = "1.0", public)]
fn text() -> &'static str {
    unimplemented!()
}

/// Known only at run time.
#[mcp_tool(version = "1.0", public)]
async fn foreign() -> Schemars<std::collections::BTreeMap<String, u32>> {
    unimplemented!()
}

mod older {
    use mcp_tool_runtime::mcp_tool;

    /// Served together with its successor.
    #[mcp_tool(version = "1.3", public)]
    pub async fn versioned(
        /** The number. */
        count: Option<u32>,
    ) {
    }
}

/// The newer one.
#[mcp_tool(version = "2.0", public)]
async fn versioned(
    /** The number. */
    count: u32,
) {
}

fn main() {}
