//! A tool's type stands beside its function, in the namespace that modules share.
use mcp_tool_runtime::mcp_tool;

mod greet {}

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet() {}

fn main() {}
