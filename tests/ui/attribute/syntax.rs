//! What can't be read at all is one error: nothing is called missing that may stand in it.
use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version "1.0", scope = "people:read")]
async fn greet(/** Whom. */ name: String) -> String {
    name
}

fn main() {}
