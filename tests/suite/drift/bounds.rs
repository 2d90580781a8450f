//! Tightened and loosened bounds; added, removed and changed patterns. Each tool is named after its change. The tools
//! here are those before the change, and `tests/ui/drift/bounds.rs` has them after it.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![
    min_tightened,
    max_tightened,
    type_tightened,
    min_of_a_number_tightened,
    max_of_a_number_tightened,
    min_len_tightened,
    max_len_tightened,
    min_items_tightened,
    max_items_tightened,
    max_len_of_items_tightened,
    min_loosened,
    max_loosened,
    type_loosened,
    min_of_a_number_loosened,
    max_of_a_number_loosened,
    min_len_loosened,
    max_len_loosened,
    min_items_loosened,
    max_items_loosened,
    max_len_of_items_loosened,
    max_removed,
    max_set,
    default_of_the_tool_tightened,
    pattern_added,
    pattern_removed,
    pattern_changed
];

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn min_tightened(
    /** The number. */
    #[arg(min = 2)]
    count: i32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn max_tightened(
    /** The number. */
    #[arg(max = 30)]
    count: i32,
) {
}

// Becomes `u16`. The range of an integer type is a bound, too.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn type_tightened(
    /** The number. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn min_of_a_number_tightened(
    /** The number. */
    #[arg(min = 0.25)]
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn max_of_a_number_tightened(
    /** The number. */
    #[arg(max = 1.5)]
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn min_len_tightened(
    /** Its name. */
    #[arg(min_len = 2)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn max_len_tightened(
    /** Its name. */
    #[arg(max_len = 80)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn min_items_tightened(
    /** Its name. */
    #[arg(min_items = 2)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn max_items_tightened(
    /** Its name. */
    #[arg(max_items = 80)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn max_len_of_items_tightened(
    /** Its name. */
    #[arg(max_len = 80)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn min_loosened(
    /** The number. */
    #[arg(min = 3)]
    count: i32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn max_loosened(
    /** The number. */
    #[arg(max = 20)]
    count: i32,
) {
}

// Becomes `u32`.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn type_loosened(
    /** The number. */
    count: u16,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn min_of_a_number_loosened(
    /** The number. */
    #[arg(min = 0.5)]
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn max_of_a_number_loosened(
    /** The number. */
    #[arg(max = 1)]
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn min_len_loosened(
    /** Its name. */
    #[arg(min_len = 3)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn max_len_loosened(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn min_items_loosened(
    /** Its name. */
    #[arg(min_items = 3)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn max_items_loosened(
    /** Its name. */
    #[arg(max_items = 40)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn max_len_of_items_loosened(
    /** Its name. */
    #[arg(max_len = 40)]
    names: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn max_removed(
    /** The number. */
    #[arg(max = 30)]
    share: f64,
) {
}

// Had no `max` and gets one.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn max_set(
    /** The number. */
    share: f64,
) {
}

// The tool's `max_len` applies to all strings without their own.
/// Do.
#[mcp_tool(version = "1.0", public, max_len = 80)]
pub async fn default_of_the_tool_tightened(
    /** Its name. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn pattern_added(
    /** Its name. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn pattern_removed(
    /** Its name. */
    #[arg(pattern = "^[a-z]+$")]
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn pattern_changed(
    /** Its name. */
    #[arg(pattern = "^[a-z]+$")]
    name: String,
) {
}
