use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public, readonly)]
async fn greet() {}

fn main() {}
