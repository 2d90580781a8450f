//! Sufficient version bumps.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![
    minor_for_an_addition,
    major_for_a_break,
    more_than_needed,
    weakening_with_its_reason,
    weakening_with_another_reason,
    break_with_a_weakening,
    reason_kept_and_left_out
];

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn minor_for_an_addition(
    /** How many. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn major_for_a_break(
    /** How many. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn more_than_needed(
    /** How many. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn weakening_with_its_reason(
    /** What it is called. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.1", public, weakens("bound-loosened", reason = "Names are longer than we thought."))]
pub async fn weakening_with_another_reason(
    /** What it is called. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn break_with_a_weakening(
    /** What it is called. */
    name: String,
    /** How many. */
    #[arg(max = 9)]
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "1.1", public, weakens("bound-loosened", reason = "Names are longer than we thought."))]
pub async fn reason_kept_and_left_out(
    /** What it is called. */
    #[arg(max_len = 40)]
    name: String,
) {
}
