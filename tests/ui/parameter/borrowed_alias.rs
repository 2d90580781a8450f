//! An alias is resolved to its type.
use mcp_tool_runtime::mcp_tool;

type Name = String;

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(/** The recipient. */ name: &Name) {
    let _ = name;
}

fn main() {}
