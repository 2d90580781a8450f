use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", scope = "people:read people:write")]
async fn greet() {}

/// Part.
#[mcp_tool(version = "1.0", scope = ["people:read", "people:read", 7])]
async fn part() {}

fn main() {}
