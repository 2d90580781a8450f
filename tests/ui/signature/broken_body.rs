//! A mistake in the body is rustc's to report, alone.
use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(/** The recipient. */ name: String) -> String {
    name.shout()
}

fn main() {}
