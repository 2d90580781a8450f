//! Tools that send progress and log messages or announce list changes, a tool during whose call the client reconnects,
//! and a tool with an argument that the client repeats in a header. The conformance suite prescribes the names of the
//! tools.

use std::time::Duration;

use mcp_tool_runtime::{Announcements, LogLevel, ToolEntry, prelude::*};

pub(crate) const TOOLS: &[ToolEntry] = tools![
    test_tool_with_progress,
    test_tool_with_logging,
    test_logging_tool,
    test_reconnection,
    test_trigger_tool_change,
    test_trigger_prompt_change,
    test_custom_header,
];

/// Time between two notifications, and half of the duration of `test_reconnection`.
const STEP: Duration = Duration::from_millis(50);

/// Report progress in three steps.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_tool_with_progress(cx: &CallContext) -> &'static str {
    cx.progress(0.0, Some(100.0), "begun");
    tokio::time::sleep(STEP).await;
    cx.progress(50.0, Some(100.0), "half of it");
    tokio::time::sleep(STEP).await;
    cx.progress(100.0, Some(100.0), "all of it");
    "done"
}

/// Log three messages.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_tool_with_logging(cx: &CallContext) -> &'static str {
    cx.log(LogLevel::Info, "Tool execution started");
    tokio::time::sleep(STEP).await;
    cx.log(LogLevel::Info, "Tool processing data");
    tokio::time::sleep(STEP).await;
    cx.log(LogLevel::Info, "Tool execution completed");
    "done"
}

/// Log a message at the highest level, which passes every minimum level.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_logging_tool(cx: &CallContext) -> &'static str {
    cx.log(LogLevel::Emergency, "a message was asked for");
    "done"
}

/// Run long enough for the client to reconnect.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_reconnection() -> &'static str {
    tokio::time::sleep(2 * STEP).await;
    "done"
}

/// Announce a change of the tool list.
#[mcp_tool(version = "1.0", public, idempotent)]
async fn test_trigger_tool_change(announcements: &Announcements) -> &'static str {
    announcements.tools_changed();
    "told"
}

/// Announce a change of the prompt list.
#[mcp_tool(version = "1.0", public, idempotent)]
async fn test_trigger_prompt_change(announcements: &Announcements) -> &'static str {
    announcements.prompts_changed();
    "told"
}

/// Return an argument that the client repeats in the header `Mcp-Param-Value`.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_custom_header(
    /** Any text. */
    #[arg(header = "Value")]
    value: String,
) -> String {
    value
}
