//! Each lowered guard needs its own reason.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.1", public)]
async fn weakening_without_reason(
    /** Its name. */
    #[arg(max_len = 80)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public, weakens("bound-loosened", reason = "Names are longer than we thought."))]
async fn weakening_without_bump(
    /** Its name. */
    #[arg(max_len = 80)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.1", public, weakens("secret-removed", reason = "It is printed on each box."))]
async fn weakening_with_reason_for_another(
    /** Its name. */
    #[arg(max_len = 80)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.2", public, weakens("bound-loosened", reason = "Names are longer than we thought."))]
async fn reason_used_up(
    /** Its name. */
    #[arg(max_len = 80)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.1", public, weakens("bound-loosened", reason = "Names are longer than we thought."))]
async fn reason_for_nothing(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "2.0", public, weakens("bound-loosened", reason = "Names are longer than we thought."))]
async fn reason_for_less(
    /** Its name. */
    #[arg(max_len = 20)]
    name: String,
) {
}

fn main() {}
