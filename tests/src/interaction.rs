//! Tools that ask the person, log, run as tasks, return more than text, or have constraints among their arguments.

use std::time::Duration;

use mcp_tool_runtime::{Content, LogLevel, Structured, ToolEntry, prelude::*};
use serde::{Deserialize, Serialize};

pub const TOOLS: &[ToolEntry] = tools![
    confirms,
    asks_twice,
    asks_elsewhere,
    sends_to_a_page,
    shows,
    charts,
    misfits,
    logs,
    traced,
    computes,
    computes_alone,
    either
];

/// A confirmation form.
#[derive(Deserialize, ToolSchema)]
struct Confirm {
    /// Really?
    sure: bool,
    /// The reason.
    #[schema(max_len = 10)]
    note: Option<String>,
}

/// A form for a number.
#[derive(Deserialize, ToolSchema)]
struct Number {
    /// The number.
    #[schema(min = 1, max = 9)]
    number: u8,
}

/// Ask for confirmation.
#[mcp_tool(version = "1.0", scope = "specimen:read")]
async fn confirms(
    cx: &CallContext,
    /** The action. */
    what: String,
    /** A secret of the caller. */
    #[arg(secret)]
    pin: Option<String>,
) -> Result<String, ToolError> {
    let Confirm { sure, note } = cx.ask::<Confirm>(format!("Do {what}?")).await?.required()?;
    Ok(format!("{what}: {sure}, {}, {}", note.as_deref().unwrap_or("-"), pin.is_some()))
}

/// Ask two questions, one after the other.
#[mcp_tool(version = "1.0", public, read_only)]
async fn asks_twice(cx: &CallContext) -> Result<String, ToolError> {
    let Number { number: one } = cx.ask::<Number>("The first?").await?.required()?;
    let Number { number: other } = cx.ask::<Number>(format!("After {one}?")).await?.required()?;
    Ok(format!("{one} {other}"))
}

/// Ask from a spawned task, one call at a time.
#[mcp_tool(version = "1.0", public, read_only, concurrency = 1, timeout = "10m")]
async fn asks_elsewhere(cx: &CallContext) -> Result<String, ToolError> {
    let task_cx = cx.clone();
    let asks = async move {
        // The question must end the call also while the tool function only waits for this spawned task.
        tokio::time::sleep(Duration::from_millis(50)).await;
        task_cx.ask::<Number>("Which?").await?.required()
    };
    let Number { number } = tokio::spawn(asks).await.map_err(ToolError::internal)??;
    Ok(number.to_string())
}

/// Ask the person to open a page.
#[mcp_tool(version = "1.0", public, read_only)]
async fn sends_to_a_page(
    cx: &CallContext,
    /** URL of the page. */
    url: String,
) -> Result<String, ToolError> {
    Ok(format!("{:?}", cx.ask_to_open(url, "Sign in there.").await?))
}

/// Return each kind of content.
#[mcp_tool(version = "1.0", public, read_only)]
async fn shows() -> Content {
    Content::new()
        .text("see")
        .image([1, 2, 3], "image/png")
        .audio([4, 5], "audio/wav")
        .resource("file:///a.txt", "text/plain", "words")
        .resource_bytes("file:///a.bin", "application/octet-stream", [6])
        .link("https://example.com/a", "all of it")
}

/// A chart.
#[derive(Serialize, ToolSchema)]
struct Chart {
    /// Number of bars.
    #[schema(max = 100)]
    bars: u8,
}

/// Return a chart as data and as an image.
#[mcp_tool(version = "1.0", public, read_only)]
async fn charts(
    /** Number of bars. */
    bars: u8,
) -> Structured<Chart> {
    Structured::new(Chart { bars }, Content::new().image([7], "image/png"))
}

/// Defects of content.
#[derive(Deserialize, Serialize, ToolSchema)]
#[serde(rename_all = "snake_case")]
enum Misfit {
    Image,
    Audio,
    Link,
    Resource,
    Many,
    Large,
}

/// Return invalid content.
#[mcp_tool(version = "1.0", public, read_only)]
async fn misfits(
    /** Kind of defect. */
    misfit: Misfit,
) -> Content {
    let content = Content::new();
    match misfit {
        Misfit::Image => content.image([1], "text/html"),
        Misfit::Audio => content.audio([1], "image/png"),
        Misfit::Link => content.link("no uri", "a link"),
        Misfit::Resource => content.resource("file:///a\nb", "text/plain", ""),
        // The maximum is 100 blocks.
        Misfit::Many => (0..101).fold(content, |content, _| content.text("more")),
        // As Base64, larger than the maximum size of a result, which is 1 MiB by default.
        Misfit::Large => content.image(vec![0; 1 << 20], "image/png"),
    }
}

/// Log messages of several levels.
#[mcp_tool(version = "1.0", public, read_only)]
async fn logs(cx: &CallContext) -> &'static str {
    for level in [LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Emergency] {
        cx.log(level, level.name());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    "logged"
}

/// Return the trace context.
#[mcp_tool(version = "1.0", public, read_only)]
async fn traced(cx: &CallContext) -> String {
    cx.trace().map_or("none".to_owned(), |trace| format!("{} {:?}", trace.parent(), trace.state()))
}

/// Compute for some time, then ask a question if `ask` is set.
#[mcp_tool(version = "1.0", scope = "specimen:read", task)]
async fn computes(
    cx: &CallContext,
    counters: &crate::Counters,
    /** Duration in milliseconds. */
    #[arg(max = 60_000)]
    milliseconds: u64,
    /** Ask a question. */
    #[arg(default = false)]
    ask: bool,
) -> Result<String, ToolError> {
    let mut guard = crate::CallGuard::of(counters);
    cx.progress(1.0, None, "computing");
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    cx.progress(2.0, None, "nearly done");
    let answer = match ask {
        true => cx.ask::<Number>("Which?").await?.required()?.number,
        false => 0,
    };
    guard.finished = true;
    Ok(format!("computed {answer}"))
}

/// Compute without waiting; can be called only as a task.
#[mcp_tool(version = "1.0", public, read_only, task(required))]
async fn computes_alone() -> &'static str {
    "at once"
}

/// Take one of two contacts.
#[mcp_tool(
    version = "1.0",
    public,
    read_only,
    constraints = r#"{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}"#
)]
async fn either(
    /** By telephone. */
    phone: Option<String>,
    /** By mail. */
    #[arg(secret)]
    email: Option<String>,
) -> String {
    phone.or(email).unwrap_or_default()
}
