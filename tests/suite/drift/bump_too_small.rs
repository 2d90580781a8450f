//! Version bumps that are too small for their changes.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] =
    tools![minor_for_a_breaking_change, none_after_an_earlier_bump, before_the_first_major];

/// Do.
#[mcp_tool(version = "1.2", public)]
pub async fn minor_for_a_breaking_change(
    /** The number. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "3.4", public)]
pub async fn none_after_an_earlier_bump(
    /** The number. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "0.2", public)]
pub async fn before_the_first_major(
    /** The number. */
    count: Option<u32>,
) {
}
