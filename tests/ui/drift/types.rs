//! Values whose type changed.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(ToolSchema)]
enum Mood {
    Good,
    Bad,
}

#[derive(ToolSchema)]
enum Wider {
    Good,
    Bad,
    Mixed,
}

#[derive(ToolSchema)]
enum Narrower {
    Good,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_changed(
    /** The number. */
    count: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_changed_to_an_array(
    /** Its name. */
    name: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_changed_from_an_array(
    /** Its name. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_changed_within_an_array(
    /** The number. */
    counts: Vec<bool>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_changed_to_another_format(
    /** Its name. */
    at: chrono::NaiveDate,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_narrowed(
    /** The number. */
    share: i32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_narrowed_to_an_enum(
    /** Its name. */
    mood: Mood,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_narrowed_to_a_format(
    /** Its name. */
    id: uuid::Uuid,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_widened(
    /** The number. */
    count: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_widened_from_an_enum(
    /** Its name. */
    mood: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_widened_from_a_format(
    /** Its name. */
    id: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn enum_value_added(
    /** Its name. */
    mood: Wider,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn enum_value_removed(
    /** Its name. */
    mood: Narrower,
) {
}

fn main() {}
