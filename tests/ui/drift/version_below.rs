//! A version that is older than the locked one.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.1", public)]
async fn minor_below(
    /** The number. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.9", public)]
async fn major_below(
    /** The number. */
    count: u32,
) {
}

fn main() {}
