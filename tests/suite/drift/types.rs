//! Values whose type changed. The tools here are those before the change that each name states. `ui/drift/types.rs` has
//! them after it. A format restricts strings, such as those of a `Uuid`.

use mcp_tool_runtime::{ToolEntry, ToolSchema, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![
    type_changed,
    type_changed_to_an_array,
    type_changed_from_an_array,
    type_changed_within_an_array,
    type_changed_to_another_format,
    type_narrowed,
    type_narrowed_to_an_enum,
    type_narrowed_to_a_format,
    type_widened,
    type_widened_from_an_enum,
    type_widened_from_a_format,
    enum_value_added,
    enum_value_removed
];

#[derive(ToolSchema)]
pub enum Mood {
    Good,
    Bad,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn type_changed(
    /** The number. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn type_changed_to_an_array(
    /** Its name. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn type_changed_from_an_array(
    /** Its name. */
    name: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn type_changed_within_an_array(
    /** The number. */
    counts: Vec<u32>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn type_changed_to_another_format(
    /** Its name. */
    at: uuid::Uuid,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn type_narrowed(
    /** The number. */
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn type_narrowed_to_an_enum(
    /** Its name. */
    mood: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn type_narrowed_to_a_format(
    /** Its name. */
    id: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn type_widened(
    /** The number. */
    count: i32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn type_widened_from_an_enum(
    /** Its name. */
    mood: Mood,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn type_widened_from_a_format(
    /** Its name. */
    id: uuid::Uuid,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn enum_value_added(
    /** Its name. */
    mood: Mood,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn enum_value_removed(
    /** Its name. */
    mood: Mood,
) {
}
