use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(&self, /** The recipient. */ name: String) {}

fn main() {}
