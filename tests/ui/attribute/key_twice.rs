use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public, max_len = 10, max_len = 20)]
async fn greet() {}

fn main() {}
