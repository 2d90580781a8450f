//! Sufficient version bumps. The tools here are those before the change; `ui/drift/pass/bumps.rs` has them after it,
//! and must compile.

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

// Becomes 1.1, and `count` becomes optional.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn minor_for_an_addition(
    /** The number. */
    count: u32,
) {
}

// Becomes 2.0, and `count` becomes required.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn major_for_a_break(
    /** The number. */
    count: Option<u32>,
) {
}

// Becomes 3.7, and nothing else changes.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn more_than_needed(
    /** The number. */
    count: u32,
) {
}

// Becomes 1.1 with a higher `max_len`. Such a change lowers a guard, and needs its reason in `weakens(…)`.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn weakening_with_its_reason(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

// Becomes 1.2 with a higher `max_len` and a new text of the reason. The locked reason permits only the earlier change.
/// Do.
#[mcp_tool(version = "1.1", public, weakens("bound-loosened", reason = "Names are longer than we thought."))]
pub async fn weakening_with_another_reason(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

// Becomes 2.0: `count` becomes required, and its `max` is raised with a reason.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn break_with_a_weakening(
    /** Its name. */
    name: String,
    /** The number. */
    #[arg(max = 9)]
    count: Option<u32>,
) {
}

// Leaves out the reason, and nothing else changes.
/// Do.
#[mcp_tool(version = "1.1", public, weakens("bound-loosened", reason = "Names are longer than we thought."))]
pub async fn reason_kept_and_left_out(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}
