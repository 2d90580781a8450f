//! Added, removed and changed parameters.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn parameter_added(
    /** Its name. */
    name: String,
    /** The number. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn parameter_added_with_default(
    /** Its name. */
    name: String,
    /** The number. */
    #[arg(default = 5)]
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn required_parameter_added(
    /** Its name. */
    name: String,
    /** The number. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn parameter_removed(
    /** Its name. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn parameter_renamed(
    /** Its name. */
    title: String,
    /** The number. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn parameter_required(
    /** The number. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn parameter_optional(
    /** The number. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn default_changed(
    /** The number. */
    #[arg(default = 6)]
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn default_removed(
    /** The number. */
    count: Option<u32>,
) {
}

fn main() {}
