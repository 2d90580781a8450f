//! Version bumps that are too small for their changes. The tools here are those before the change;
//! `ui/drift/bump_too_small.rs` has them after it.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] =
    tools![minor_for_a_breaking_change, none_after_an_earlier_bump, before_the_first_major];

// Becomes 1.3, and `count` becomes required, which needs a new major version.
/// Do.
#[mcp_tool(version = "1.2", public)]
pub async fn minor_for_a_breaking_change(
    /** The number. */
    count: Option<u32>,
) {
}

// Stays 3.4, and `count` becomes optional, which needs a new minor version.
/// Do.
#[mcp_tool(version = "3.4", public)]
pub async fn none_after_an_earlier_bump(
    /** The number. */
    count: u32,
) {
}

// Becomes 0.3, and `count` becomes required. This needs a new major version even below 1.0.
/// Do.
#[mcp_tool(version = "0.2", public)]
pub async fn before_the_first_major(
    /** The number. */
    count: Option<u32>,
) {
}
