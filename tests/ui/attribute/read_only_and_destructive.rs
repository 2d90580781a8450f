use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public, read_only, destructive)]
async fn greet() {}

fn main() {}
