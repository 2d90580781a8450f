//! A missing description can be allowed.
#![deny(warnings)]
use mcp_tool_runtime::{mcp_tool, tools};

#[allow(missing_docs)]
#[mcp_tool(version = "1.0", public)]
async fn greet(name: String) {
    let _ = name;
}

/// Part.
#[mcp_tool(version = "1.0", public)]
async fn part(#[allow(missing_docs)] name: String) {
    let _ = name;
}

fn main() {
    let _ = tools![greet, part];
}
