//! Tightened and loosened bounds; added, removed and changed patterns.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_tightened(
    /** How many. */
    #[arg(min = 3)]
    count: i32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_tightened(
    /** How many. */
    #[arg(max = 20)]
    count: i32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_tightened(
    /** How many. */
    count: u16,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_of_a_number_tightened(
    /** How many. */
    #[arg(min = 0.5)]
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_of_a_number_tightened(
    /** How many. */
    #[arg(max = 1)]
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_len_tightened(
    /** What it is called. */
    #[arg(min_len = 3)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_len_tightened(
    /** What it is called. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_items_tightened(
    /** What it is called. */
    #[arg(min_items = 3)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_items_tightened(
    /** What it is called. */
    #[arg(max_items = 40)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_len_of_items_tightened(
    /** What it is called. */
    #[arg(max_len = 40)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_loosened(
    /** How many. */
    #[arg(min = 2)]
    count: i32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_loosened(
    /** How many. */
    #[arg(max = 30)]
    count: i32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_loosened(
    /** How many. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_of_a_number_loosened(
    /** How many. */
    #[arg(min = 0.25)]
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_of_a_number_loosened(
    /** How many. */
    #[arg(max = 1.5)]
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_len_loosened(
    /** What it is called. */
    #[arg(min_len = 2)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_len_loosened(
    /** What it is called. */
    #[arg(max_len = 80)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn min_items_loosened(
    /** What it is called. */
    #[arg(min_items = 2)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_items_loosened(
    /** What it is called. */
    #[arg(max_items = 80)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_len_of_items_loosened(
    /** What it is called. */
    #[arg(max_len = 80)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_removed(
    /** How many. */
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn max_set(
    /** How many. */
    #[arg(max = 30)]
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public, max_len = 40)]
async fn default_of_the_tool_tightened(
    /** What it is called. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn pattern_added(
    /** What it is called. */
    #[arg(pattern = "^[a-z]+$")]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn pattern_removed(
    /** What it is called. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn pattern_changed(
    /** What it is called. */
    #[arg(pattern = "^[a-z0-9]+$")]
    name: String,
) {
}

fn main() {}
