//! A version bump that is too small.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.3", public)]
async fn minor_for_a_breaking_change(
    /** The number. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "3.4", public)]
async fn none_after_an_earlier_bump(
    /** The number. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "0.3", public)]
async fn before_the_first_major(
    /** The number. */
    count: u32,
) {
}

fn main() {}
