//! Added, removed and changed parameters.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn parameter_added(
    /** What it is called. */
    name: String,
    /** How many. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn parameter_added_with_default(
    /** What it is called. */
    name: String,
    /** How many. */
    #[arg(default = 5)]
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn required_parameter_added(
    /** What it is called. */
    name: String,
    /** How many. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn parameter_removed(
    /** What it is called. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn parameter_renamed(
    /** What it is called. */
    title: String,
    /** How many. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn parameter_required(
    /** How many. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn parameter_optional(
    /** How many. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn default_changed(
    /** How many. */
    #[arg(default = 6)]
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn default_removed(
    /** How many. */
    count: Option<u32>,
) {
}

fn main() {}
