//! Added, removed and changed parameters.

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
    /** What it is called. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn parameter_added_with_default(
    /** What it is called. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn required_parameter_added(
    /** What it is called. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn parameter_removed(
    /** What it is called. */
    name: String,
    /** How many. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn parameter_renamed(
    /** What it is called. */
    name: String,
    /** How many. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn parameter_required(
    /** How many. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn parameter_optional(
    /** How many. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn default_changed(
    /** How many. */
    #[arg(default = 5)]
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn default_removed(
    /** How many. */
    #[arg(default = 5)]
    count: u32,
) {
}
