use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(public)]
async fn greet() {}

fn main() {}
