use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public, title, max_len = "64", timeout = 5, concurrency = 0)]
async fn greet() {}

fn main() {}
