//! Each lowered guard needs its own reason.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![
    weakening_without_reason,
    weakening_without_bump,
    weakening_with_reason_for_another,
    reason_used_up,
    reason_for_nothing,
    reason_for_less
];

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn weakening_without_reason(
    /** What it is called. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn weakening_without_bump(
    /** What it is called. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn weakening_with_reason_for_another(
    /** What it is called. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.1", public, weakens("bound-loosened", reason = "Names are longer than we thought."))]
pub async fn reason_used_up(
    /** What it is called. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn reason_for_nothing(
    /** What it is called. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn reason_for_less(
    /** What it is called. */
    #[arg(max_len = 40)]
    name: String,
) {
}
