use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public)]
unsafe extern "C" fn greet() {}

fn main() {}
