//! Sufficient version bumps.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.1", public)]
async fn minor_for_an_addition(
    /** How many. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "2.0", public)]
async fn major_for_a_break(
    /** How many. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "3.7", public)]
async fn more_than_needed(
    /** How many. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.1", public, weakens("bound-loosened", reason = "Names are longer than we thought."))]
async fn weakening_with_its_reason(
    /** What it is called. */
    #[arg(max_len = 80)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.2", public, weakens("bound-loosened", reason = "Names are longer still."))]
async fn weakening_with_another_reason(
    /** What it is called. */
    #[arg(max_len = 80)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "2.0", public, weakens("bound-loosened", reason = "Names are longer than we thought."))]
async fn break_with_a_weakening(
    /** What it is called. */
    name: String,
    /** How many. */
    #[arg(max = 99)]
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.1", public)]
async fn reason_kept_and_left_out(
    /** What it is called. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// A tool that isn't locked yet.
#[mcp_tool(version = "1.0", public)]
async fn unlocked(
    /** How many. */
    count: u32,
) {
}

fn main() {}
