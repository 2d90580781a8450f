//! The tools of both compared servers, our HTTP listener and rmcp's own service. Most return their arguments, so that a
//! response shows how the arguments were read.

use std::time::Duration;

use serde::Serialize;

use mcp_tool_runtime::{Adapted, ToolEntry, prelude::*};

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

/// Return four bounded parameters.
#[mcp_tool(version = "2.1", scope = "differential:read", read_only)]
async fn measure(
    /// Lower-case letters.
    #[arg(min_len = 1, max_len = 5, pattern = "^[a-z]+$")]
    name: String,
    /// From one to ten.
    #[arg(min = 1, max = 10)]
    n: u32,
    /// The mode.
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

/// Return numbers of each type.
#[mcp_tool(version = "1.0", public, read_only)]
async fn numbers(
    /// A whole number.
    whole: i64,
    /// A small number.
    #[arg(max = 200, default = 7)]
    small: u8,
    /// A fraction.
    #[arg(min = -1_000.0, max = 1e300)]
    ratio: Option<f64>,
    /// A flag.
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

/// Return lists of each type.
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

/// Return parameters that headers mirror.
#[mcp_tool(version = "1.0", public, read_only)]
async fn mirrored(
    /// The region.
    #[arg(max_len = 40, header = "Region")]
    region: String,
    /// The row.
    #[arg(header = "Row", min = -9_007_199_254_740_991, max = 9_007_199_254_740_991)]
    row: Option<i64>,
    /// True for a trial.
    #[arg(header = "Dry-Run")]
    trial: Option<bool>,
) -> Mirrored {
    Mirrored { region, row, trial }
}

/// Return the text, from a function that is not async.
#[mcp_tool(version = "1.0", public, read_only)]
fn echo(
    /** Text. */
    #[arg(max_len = 2_000)]
    text: String,
) -> String {
    text
}

/// Take a secret and return nothing.
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

/// Fail with this kind of error.
#[mcp_tool(version = "1.0", public, read_only)]
async fn fails(
    /** The kind of error. */
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

/// Return a number above its declared maximum.
#[mcp_tool(version = "1.0", public, read_only)]
async fn overstates() -> Small {
    Small { n: 11 }
}

#[derive(Serialize, ToolSchema)]
struct Small {
    #[schema(max = 10)]
    n: u32,
}

/// Report progress.
#[mcp_tool(version = "1.0", public, read_only)]
async fn steps(
    cx: &CallContext,
    /// Number of steps.
    #[arg(max = 4)]
    count: u32,
) -> String {
    for step in 1..=count {
        cx.progress(f64::from(step), Some(f64::from(count)), format!("step {step}"));
    }
    format!("{count} steps")
}

/// List numbers page by page.
#[mcp_tool(version = "1.0", public, read_only)]
async fn pages(
    /** Upper limit. */
    #[arg(max = 300)]
    below: u32,
    page: PageRequest,
) -> Result<Page<Small>, ToolError> {
    let first = page.after::<u32>()?.map_or(0, |last| last + 1);
    // `n % 10` keeps `n` below its maximum. So the cursor contains a wrong position, but no request sends it back.
    let rows = (first..below).take(page.limit() as usize + 1).map(|n| Small { n: n % 10 }).collect();
    Page::keyset(rows, &page, |last| last.n)
}

/// Need a scope that the caller lacks.
#[mcp_tool(version = "1.0", scope = "differential:write", read_only)]
async fn closed(
    /** Text. */
    text: String,
) -> String {
    text
}

/// Need an approval that nobody gives.
#[mcp_tool(version = "1.0", public, destructive)]
async fn destroys(
    /** The target. */
    what: String,
) {
    drop(what);
}

/// Pass a message on.
#[mcp_tool(version = "2.1", public, read_only)]
async fn relay(
    /// The message.
    #[arg(max_len = 20)]
    message: String,
    /// The recipient.
    to: String,
) -> String {
    format!("{message} to {to}")
}

/// Version 1 of `relay`: an adapter, which translates the arguments for version 2.
mod v1 {
    use super::*;

    /// Pass a message on.
    #[mcp_tool(
        version = "1.4",
        public,
        read_only,
        deprecated(message = "It names nobody", replacement = "relay", removal = "2027-01-31")
    )]
    pub(crate) fn relay(
        /// The message.
        text: String,
    ) -> Adapted<super::relay> {
        Adapted::to(serde_json::json!({ "message": text, "to": "all" }))
    }
}

/// The tools of both servers.
pub(crate) const ALL: &[ToolEntry] = tools![
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
];

/// Returns the server that both sides start.
pub(crate) fn server() -> ToolServer {
    ToolServer::new("differential", "1.2.3").instructions("Ask twice.").tools(ALL)
}
