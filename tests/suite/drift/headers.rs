//! Added, removed and changed headers that mirror arguments. The tools here are those before the change that each name
//! states. `ui/drift/headers.rs` has them after it.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![header_added, header_removed, header_changed];

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn header_added(
    /** The place. */
    region: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn header_removed(
    /** The place. */
    #[arg(header = "Region")]
    region: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn header_changed(
    /** The place. */
    #[arg(header = "Region")]
    region: String,
) {
}
