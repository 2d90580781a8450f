//! A lock with merge conflict markers is reported once, for any number of tools.
#![allow(unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn count(
    /** The number. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn recount(
    /** The number. */
    count: u32,
) {
}

fn main() {}
