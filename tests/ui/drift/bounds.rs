//! Tightened and loosened bounds; added, removed and changed patterns.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_tightened(
    /** The number. */
    #[arg(min = 3)]
    count: i32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_tightened(
    /** The number. */
    #[arg(max = 20)]
    count: i32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_tightened(
    /** The number. */
    count: u16,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_of_a_number_tightened(
    /** The number. */
    #[arg(min = 0.5)]
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_of_a_number_tightened(
    /** The number. */
    #[arg(max = 1)]
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_len_tightened(
    /** Its name. */
    #[arg(min_len = 3)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_len_tightened(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_items_tightened(
    /** Its name. */
    #[arg(min_items = 3)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_items_tightened(
    /** Its name. */
    #[arg(max_items = 40)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_len_of_items_tightened(
    /** Its name. */
    #[arg(max_len = 40)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_loosened(
    /** The number. */
    #[arg(min = 2)]
    count: i32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_loosened(
    /** The number. */
    #[arg(max = 30)]
    count: i32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_loosened(
    /** The number. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_of_a_number_loosened(
    /** The number. */
    #[arg(min = 0.25)]
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_of_a_number_loosened(
    /** The number. */
    #[arg(max = 1.5)]
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_len_loosened(
    /** Its name. */
    #[arg(min_len = 2)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_len_loosened(
    /** Its name. */
    #[arg(max_len = 80)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_items_loosened(
    /** Its name. */
    #[arg(min_items = 2)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_items_loosened(
    /** Its name. */
    #[arg(max_items = 80)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_len_of_items_loosened(
    /** Its name. */
    #[arg(max_len = 80)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_removed(
    /** The number. */
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_set(
    /** The number. */
    #[arg(max = 30)]
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public, max_len = 40)]
async fn default_of_the_tool_tightened(
    /** Its name. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn pattern_added(
    /** Its name. */
    #[arg(pattern = "^[a-z]+$")]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn pattern_removed(
    /** Its name. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn pattern_changed(
    /** Its name. */
    #[arg(pattern = "^[a-z0-9]+$")]
    name: String,
) {
}

fn main() {}
