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
    /** How many. */
    count: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_changed_to_an_array(
    /** What it is called. */
    name: Vec<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_changed_from_an_array(
    /** What it is called. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_changed_within_an_array(
    /** How many. */
    counts: Vec<bool>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_changed_to_another_format(
    /** What it is called. */
    at: chrono::NaiveDate,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_narrowed(
    /** How many. */
    share: i32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_narrowed_to_an_enum(
    /** What it is called. */
    mood: Mood,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_narrowed_to_a_format(
    /** What it is called. */
    id: uuid::Uuid,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_widened(
    /** How many. */
    count: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_widened_from_an_enum(
    /** What it is called. */
    mood: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn type_widened_from_a_format(
    /** What it is called. */
    id: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn enum_value_added(
    /** What it is called. */
    mood: Wider,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn enum_value_removed(
    /** What it is called. */
    mood: Narrower,
) {
}

fn main() {}
