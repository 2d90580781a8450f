//! `task` takes no value, or `required`.
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.0", public, task = true)]
async fn by_value() {}

/// Do.
#[mcp_tool(version = "1.0", public, task())]
async fn by_nothing() {}

/// Do.
#[mcp_tool(version = "1.0", public, task(forbidden))]
async fn by_another_word() {}

fn main() {}
