//! Tools that say what they read, so that two readings of one call can be told apart.

use std::time::Duration;

use serde::Serialize;

use crate::{Adapted, prelude::*};

#[derive(Serialize, ToolSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Fast,
    Safe,
}

#[derive(Serialize, ToolSchema)]
struct Measured {
    name: String,
    n: u32,
    mode: Mode,
    #[schema(max_items = 3)]
    tags: Vec<String>,
}

/// Four bounded parameters, back again.
#[mcp_tool(version = "2.1", scope = "differential:read", read_only)]
async fn measure(
    /// Lower-case letters.
    #[arg(min_len = 1, max_len = 5, pattern = "^[a-z]+$")]
    name: String,
    /// From one to ten.
    #[arg(min = 1, max = 10)]
    n: u32,
    /// How.
    mode: Mode,
    /// Tags.
    #[arg(max_items = 3)]
    tags: Option<Vec<String>>,
) -> Measured {
    Measured { name, n, mode, tags: tags.unwrap_or_default() }
}

#[derive(Serialize, ToolSchema)]
struct Numbers {
    whole: i64,
    small: u8,
    ratio: Option<f64>,
    flag: bool,
}

/// Numbers of each kind, back again.
#[mcp_tool(version = "1.0", public, read_only)]
async fn numbers(
    /// A whole number.
    whole: i64,
    /// A small one.
    #[arg(max = 200, default = 7)]
    small: u8,
    /// A number.
    #[arg(min = -1_000.0, max = 1e300)]
    ratio: Option<f64>,
    /// Yes or no.
    #[arg(default = true)]
    flag: bool,
) -> Numbers {
    Numbers { whole, small, ratio, flag }
}

#[derive(Serialize, ToolSchema)]
struct Lists {
    #[schema(max_items = 4)]
    integers: Vec<i64>,
    #[schema(max_items = 100)]
    words: Vec<String>,
    #[schema(max_items = 100)]
    modes: Vec<Mode>,
}

/// Lists of each kind, back again.
#[mcp_tool(version = "1.0", public, read_only)]
async fn lists(
    /// Whole numbers.
    #[arg(min_items = 1, max_items = 4)]
    integers: Vec<i64>,
    /// Words.
    words: Option<Vec<String>>,
    /// Modes.
    modes: Option<Vec<Mode>>,
) -> Lists {
    Lists { integers, words: words.unwrap_or_default(), modes: modes.unwrap_or_default() }
}

#[derive(Serialize, ToolSchema)]
struct Mirrored {
    region: String,
    row: Option<i64>,
    trial: Option<bool>,
}

/// What headers mirror, back again.
#[mcp_tool(version = "1.0", public, read_only)]
async fn mirrored(
    /// Where.
    #[arg(max_len = 40, header = "Region")]
    region: String,
    /// Which.
    #[arg(header = "Row", min = -9_007_199_254_740_991, max = 9_007_199_254_740_991)]
    row: Option<i64>,
    /// Only as a trial.
    #[arg(header = "Dry-Run")]
    trial: Option<bool>,
) -> Mirrored {
    Mirrored { region, row, trial }
}

/// Text, back again, from a function that isn't async.
#[mcp_tool(version = "1.0", public, read_only)]
fn echo(
    /** Text. */
    #[arg(max_len = 2_000)]
    text: String,
) -> String {
    text
}

/// Takes a secret, and says nothing.
#[mcp_tool(version = "1.0", public)]
async fn unlock(
    /// Four digits.
    #[arg(secret, min_len = 4, max_len = 4, pattern = "^[0-9]+$")]
    pin: String,
) {
    drop(pin);
}

#[derive(ToolSchema)]
#[serde(rename_all = "snake_case")]
enum Failure {
    Refused,
    NotFound,
    Conflict,
    Unavailable,
    Internal,
    InvalidArgument,
}

/// Fails as it is told to.
#[mcp_tool(version = "1.0", public, read_only)]
async fn fails(
    /** How. */
    failure: Failure,
) -> Result<String, ToolError> {
    Err(match failure {
        Failure::Refused => ToolError::refused("not while the books are closed"),
        Failure::NotFound => ToolError::not_found("there is none"),
        Failure::Conflict => ToolError::conflict("it was changed meanwhile"),
        Failure::Unavailable => ToolError::unavailable("no paper", Duration::from_millis(1_500)),
        Failure::Internal => ToolError::internal("password=hunter2 was in the connection string"),
        Failure::InvalidArgument => ToolError::invalid_argument("failure", "this one is out of fashion"),
    })
}

/// Breaks its promise.
#[mcp_tool(version = "1.0", public, read_only)]
async fn overstates() -> Small {
    Small { n: 11 }
}

#[derive(Serialize, ToolSchema)]
struct Small {
    #[schema(max = 10)]
    n: u32,
}

/// Reports its steps.
#[mcp_tool(version = "1.0", public, read_only)]
async fn steps(
    cx: &CallContext,
    /// How many.
    #[arg(max = 4)]
    count: u32,
) -> String {
    for step in 1..=count {
        cx.progress(f64::from(step), Some(f64::from(count)), format!("step {step}"));
    }
    format!("{count} steps")
}

/// Numbers, a page at a time.
#[mcp_tool(version = "1.0", public, read_only)]
async fn pages(
    /** Up to. */
    #[arg(max = 300)]
    below: u32,
    page: PageRequest,
) -> Result<Page<Small>, ToolError> {
    let first = page.after::<u32>()?.map_or(0, |last| last + 1);
    let rows = (first..below).take(page.limit() as usize + 1).map(|n| Small { n: n % 10 }).collect();
    Page::keyset(rows, &page, |last| last.n)
}

/// For those who may do more.
#[mcp_tool(version = "1.0", scope = "differential:write", read_only)]
async fn closed(
    /** Text. */
    text: String,
) -> String {
    text
}

/// Can't be undone.
#[mcp_tool(version = "1.0", public, destructive)]
async fn destroys(
    /** What. */
    what: String,
) {
    drop(what);
}

/// Hand a message on.
#[mcp_tool(version = "2.1", public, read_only)]
async fn relay(
    /// What to hand on.
    #[arg(max_len = 20)]
    message: String,
    /// To whom.
    to: String,
) -> String {
    format!("{message} to {to}")
}

mod v1 {
    use super::*;

    /// Hand a message on.
    #[mcp_tool(
        version = "1.4",
        public,
        read_only,
        deprecated(message = "It names nobody", replacement = "relay", removal = "2027-01-31")
    )]
    pub(super) fn relay(
        /// What to hand on.
        text: String,
    ) -> Adapted<super::relay> {
        Adapted::to(serde_json::json!({ "message": text, "to": "all" }))
    }
}

/// The same tools for both sides.
pub(super) fn server() -> ToolServer {
    ToolServer::new("differential", "1.2.3").instructions("Ask twice.").tools(tools![
        measure,
        numbers,
        lists,
        echo,
        mirrored,
        unlock,
        fails,
        overstates,
        steps,
        pages,
        closed,
        destroys,
        relay,
        v1::relay
    ])
}
