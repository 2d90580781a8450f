//! Sufficient version bumps.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.1", public)]
async fn minor_for_an_addition(
    /** The number. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "2.0", public)]
async fn major_for_a_break(
    /** The number. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "3.7", public)]
async fn more_than_needed(
    /** The number. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.1", public, weakens("bound-loosened", reason = "Names are longer than we thought."))]
async fn weakening_with_its_reason(
    /** Its name. */
    #[arg(max_len = 80)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.2", public, weakens("bound-loosened", reason = "Names are longer still."))]
async fn weakening_with_another_reason(
    /** Its name. */
    #[arg(max_len = 80)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "2.0", public, weakens("bound-loosened", reason = "Names are longer than we thought."))]
async fn break_with_a_weakening(
    /** Its name. */
    name: String,
    /** The number. */
    #[arg(max = 99)]
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.1", public)]
async fn reason_kept_and_left_out(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// A tool that isn't locked yet.
#[mcp_tool(version = "1.0", public)]
async fn unlocked(
    /** The number. */
    count: u32,
) {
}

fn main() {}
