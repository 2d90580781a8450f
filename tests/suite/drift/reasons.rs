//! Each change that lowers a guard, such as a loosened bound, needs its own reason in `weakens(…)`. The tools here are
//! those before the change; `ui/drift/reasons.rs` has them after it. There, the `max_len` of most tools is higher.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![
    weakening_without_reason,
    weakening_without_bump,
    weakening_with_reason_for_another,
    reason_used_up,
    reason_for_nothing,
    reason_for_less
];

// Becomes 1.1, with a higher `max_len` and no reason.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn weakening_without_reason(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

// Stays 1.0, with a higher `max_len` and its reason.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn weakening_without_bump(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

// Becomes 1.1, with a higher `max_len` and the reason of another change.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn weakening_with_reason_for_another(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

// Becomes 1.2, with a higher `max_len`. The reason is the locked one, which permits only an earlier change.
/// Do.
#[mcp_tool(version = "1.1", public, weakens("bound-loosened", reason = "Names are longer than we thought."))]
pub async fn reason_used_up(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

// Becomes 1.1 with a reason, although no guard is lowered.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn reason_for_nothing(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

// Becomes 2.0 with a reason for a loosened bound, but a lower `max_len`.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn reason_for_less(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}
