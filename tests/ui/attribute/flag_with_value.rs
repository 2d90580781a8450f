use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public = true, read_only = true)]
async fn greet() {}

fn main() {}
