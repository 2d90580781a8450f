//! Each change that lowers a guard, such as a loosened bound, needs its own reason in `weakens(…)`.

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
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn weakening_without_bump(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn weakening_with_reason_for_another(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.1", public, weakens("bound-loosened", reason = "Names are longer than we thought."))]
pub async fn reason_used_up(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn reason_for_nothing(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn reason_for_less(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}
