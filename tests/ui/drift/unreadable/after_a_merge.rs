//! A lock with the marks of a merge in it: said once, however many tools there are.
#![allow(unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn count(
    /** How many. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn recount(
    /** How many. */
    count: u32,
) {
}

fn main() {}
