//! The locked versions of tools whose version in `ui/drift/version_below.rs` is older: there they are 1.1 and 1.9.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![minor_below, major_below];

/// Do.
#[mcp_tool(version = "1.2", public)]
pub async fn minor_below(
    /** The number. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "2.0", public)]
pub async fn major_below(
    /** The number. */
    count: u32,
) {
}
