//! Task support.
#![allow(dead_code)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.0", task, public)]
async fn task_added() {}

/// Do.
#[mcp_tool(version = "1.0", task(required), public)]
async fn task_required() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn task_removed() {}

fn main() {}
