//! A tool's type has the name of its function, in the namespace of modules.
use mcp_tool_runtime::mcp_tool;

mod greet {}

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet() {}

fn main() {}
