//! Unchanged tools with every kind of parameter, result and key. `ui/drift/pass/unchanged.rs` has the same tools, and
//! must compile.

use mcp_tool_runtime::{Page, PageRequest, Schemars, ToolEntry, ToolError, ToolSchema, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![take_all, paged, nothing, gated, text, foreign, versioned];
/// Version 1 of `versioned`, which is served together with version 2.
pub const OLDER: &[ToolEntry] = tools![older::versioned];

#[derive(serde::Serialize, ToolSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mood {
    VeryGood,
    #[serde(rename = "sad")]
    Bad,
}

#[derive(serde::Serialize, ToolSchema)]
#[schema(min_len = 3, max_len = 12, pattern = "^[a-z]+$")]
pub struct Word(String);

#[derive(ToolSchema)]
#[schema(from_str, max_len = 39)]
pub struct Address(std::net::IpAddr);

#[derive(serde::Serialize, ToolSchema)]
#[serde(tag = "kind", rename = "person", rename_all = "camelCase")]
pub struct Person {
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
pub struct Life {
    #[schema(min = 1900)]
    year: u16,
    born: chrono::NaiveDate,
    at: chrono::DateTime<chrono::Utc>,
    id: uuid::Uuid,
}

#[derive(serde::Serialize, ToolSchema)]
pub struct Place {
    street: Box<Street>,
}

#[derive(serde::Serialize, ToolSchema)]
pub struct Street {
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
pub async fn take_all(
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
    super::never()
}

/// A page of them.
#[mcp_tool(version = "1.0", public, read_only)]
pub async fn paged(
    /** The owner. */
    name: String,
    page: PageRequest,
) -> Result<Page<Person>, ToolError> {
    super::never()
}

/// Nothing.
#[mcp_tool(version = "1.0", public, destructive)]
pub fn nothing() {}

/// Nothing, for few.
#[mcp_tool(version = "1.0", scope = "things:read", destructive, gate(scope = "things:purge"), rate = "1/s")]
pub fn gated() {}

/// Text, with "quotes", a \ and – beyond ASCII.
#[mcp_tool(version = "1.0", public)]
pub fn text() -> &'static str {
    super::never()
}

/// Known only at run time.
#[mcp_tool(version = "1.0", public)]
pub async fn foreign() -> Schemars<std::collections::BTreeMap<String, u32>> {
    super::never()
}

pub mod older {
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
pub async fn versioned(
    /** The number. */
    count: u32,
) {
}
