//! Our server, with the tools that the probes call.

mod counters;

use std::{process::ExitCode, time::Duration};

use counters::{SLOW, Slow};
use mcp_tool_runtime::{
    Announcements, Content, LogLevel, Middleware, MiddlewareFuture, Next, ToolEntry, prelude::*,
};
use serde::{Deserialize, Serialize};

const TOOLS: &[ToolEntry] = tools![
    text, media, structured, broken, progress, log, form, link, sample, slow, state, region, job, change,
    trace,
];

/// A number of at most ten.
#[derive(Serialize, ToolSchema)]
struct Number {
    /// The number.
    #[schema(max = 10)]
    n: u32,
}

/// A name.
#[derive(Deserialize, ToolSchema)]
struct Name {
    /// The name.
    name: String,
}

/// A text.
#[mcp_tool(version = "1.0", public, read_only)]
async fn text() -> &'static str {
    "text"
}

/// Content of each kind.
#[mcp_tool(version = "1.0", public, read_only)]
async fn media() -> Content {
    Content::new()
        .image(b"image", "image/png")
        .audio(b"audio", "audio/wav")
        .resource("test://resource", "text/plain", "resource")
        .link("test://link", "link")
}

/// The number.
#[mcp_tool(version = "1.0", public, read_only)]
async fn structured(
    /** Up to ten. */
    #[arg(min = 1, max = 10)]
    n: u32,
) -> Number {
    Number { n }
}

/// A number above its maximum.
#[mcp_tool(version = "1.0", public, read_only)]
async fn broken() -> Number {
    Number { n: 100 }
}

/// Reports.
#[mcp_tool(version = "1.0", public, read_only)]
async fn progress(cx: &CallContext) -> &'static str {
    cx.progress(1.0, Some(2.0), "half of it");
    cx.progress(2.0, Some(2.0), "all of it");
    "done"
}

/// Logs.
#[mcp_tool(version = "1.0", public, read_only)]
async fn log(cx: &CallContext) -> &'static str {
    cx.log(LogLevel::Error, "logged");
    "done"
}

/// Asks for a name.
#[mcp_tool(version = "1.0", public, read_only)]
async fn form(
    cx: &CallContext,
    /** Topic of the question. */
    topic: String,
) -> Result<String, ToolError> {
    let Name { name } = cx.ask::<Name>("Who are you?").await?.required()?;
    Ok(format!("{topic}: {name}"))
}

/// Asks to open a page.
#[mcp_tool(version = "1.0", public, read_only)]
async fn link(cx: &CallContext) -> Result<&'static str, ToolError> {
    cx.ask_to_open("https://example.com/sign-in", "Sign in").await?.required()?;
    Ok("opened")
}

/// Asks the client's model.
#[mcp_tool(version = "1.0", public, read_only)]
async fn sample(cx: &CallContext) -> Result<String, ToolError> {
    cx.sample("Say something", 10).await?.required()
}

/// Takes a while.
#[mcp_tool(version = "1.0", public, read_only)]
async fn slow() -> &'static str {
    let slow = Slow::begin();
    tokio::time::sleep(SLOW).await;
    slow.finish();
    "done"
}

/// Counters of calls.
#[mcp_tool(version = "1.0", public, read_only)]
async fn state() -> String {
    counters::state()
}

/// Takes an argument that a header mirrors.
#[mcp_tool(version = "1.0", public, read_only)]
async fn region(
    /** Region. */
    #[arg(header = "Region")]
    region: String,
) -> String {
    region
}

/// Takes a while, as a task.
#[mcp_tool(version = "1.0", public, read_only, task)]
async fn job(
    /** Duration. */
    #[arg(min = 0.0, max = 20.0)]
    seconds: f64,
) -> &'static str {
    let slow = Slow::begin();
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    slow.finish();
    "done"
}

/// Announces a change of the tool list.
#[mcp_tool(version = "1.0", public, idempotent)]
async fn change(announcements: &Announcements) -> &'static str {
    announcements.tools_changed();
    "told"
}

/// The trace context of the call.
#[mcp_tool(version = "1.0", public, read_only)]
async fn trace(cx: &CallContext) -> String {
    cx.trace().map_or_else(|| "none".to_owned(), |trace| trace.parent().to_owned())
}

/// Middleware that counts tool calls.
struct Counting;

impl Middleware for Counting {
    fn handle<'c>(&'c self, _: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        counters::layered();
        Box::pin(next.run())
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    // With sessions, a tool can ask clients of 2025-11-25 while a call runs.
    ToolServer::new("features", "1.0.0").tools(TOOLS).layer(Counting).legacy_sessions(64).run().await
}
