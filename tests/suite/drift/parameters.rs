//! Added, removed and changed parameters. The tools here are those before the change that each name states.
//! `ui/drift/parameters.rs` has them after it.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![
    parameter_added,
    parameter_added_with_default,
    required_parameter_added,
    parameter_removed,
    parameter_renamed,
    parameter_required,
    parameter_optional,
    default_changed,
    default_removed
];

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn parameter_added(
    /** Its name. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn parameter_added_with_default(
    /** Its name. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn required_parameter_added(
    /** Its name. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn parameter_removed(
    /** Its name. */
    name: String,
    /** The number. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn parameter_renamed(
    /** Its name. */
    name: String,
    /** The number. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn parameter_required(
    /** The number. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn parameter_optional(
    /** The number. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn default_changed(
    /** The number. */
    #[arg(default = 5)]
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn default_removed(
    /** The number. */
    #[arg(default = 5)]
    count: u32,
) {
}
