//! A malformed attribute is one error; its keys aren't reported as missing.
use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version "1.0", scope = "people:read")]
async fn greet(/** The recipient. */ name: String) -> String {
    name
}

fn main() {}
