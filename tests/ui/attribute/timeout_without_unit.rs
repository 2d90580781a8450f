use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public, timeout = "5")]
async fn greet() {}

/// Part.
#[mcp_tool(version = "1.0", public, timeout = "48h")]
async fn part() {}

fn main() {}
