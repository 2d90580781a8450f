use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1", public)]
async fn greet() {}

/// Part.
#[mcp_tool(version = "01.0", public)]
async fn part() {}

/// Meet.
#[mcp_tool(version = 1.0, public)]
async fn meet() {}

fn main() {}
