use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public, name = "people.greet")]
async fn greet() {}

/// Part.
#[mcp_tool(version = "1.0", public)]
async fn part_v2() {}

/// Meet.
#[mcp_tool(version = "1.0", public)]
async fn begrüße() {}

/// Introduce.
#[mcp_tool(version = "1.0", public)]
async fn introduce_everybody_who_is_here_to_everybody_else_who_is_here_too() {}

fn main() {}
