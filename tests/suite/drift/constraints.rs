//! Added, removed and changed constraints across parameters. The tools here are those before the change that each name
//! states. `ui/drift/constraints.rs` has them after it.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![constraints_added, constraints_removed, constraints_changed];

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn constraints_added(
    /** By telephone. */
    phone: Option<String>,
    /** By mail. */
    email: Option<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", constraints = r#"{"anyOf":[{"required":["phone"]}]}"#, public)]
pub async fn constraints_removed(
    /** By telephone. */
    phone: Option<String>,
    /** By mail. */
    email: Option<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", constraints = r#"{"anyOf":[{"required":["phone"]}]}"#, public)]
pub async fn constraints_changed(
    /** By telephone. */
    phone: Option<String>,
    /** By mail. */
    email: Option<String>,
) {
}
