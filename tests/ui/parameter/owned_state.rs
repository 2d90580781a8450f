//! Application state must be borrowed.
use mcp_tool_runtime::{CallContext, mcp_tool};

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(cx: CallContext) {
    let _ = cx;
}

fn main() {}
