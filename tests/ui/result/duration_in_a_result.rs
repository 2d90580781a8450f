use std::time::Duration;

use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
struct Timeout(Duration);

#[derive(serde::Serialize, ToolSchema)]
struct Answer {
    timeout: Timeout,
}

/// Return a timeout.
#[mcp_tool(version = "1.0", public)]
async fn timeout() -> Answer {
    Answer { timeout: Timeout(Duration::ZERO) }
}

fn main() {}
