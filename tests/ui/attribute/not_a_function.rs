use mcp_tool_runtime::mcp_tool;

#[mcp_tool(version = "1.0", public)]
struct Greet;

fn main() {}
