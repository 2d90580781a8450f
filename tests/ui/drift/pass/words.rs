//! Changes of prose and order, which any version permits.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
enum Mood {
    Bad,
    Good,
}

#[derive(serde::Serialize, ToolSchema)]
struct Thing {
    /// Its condition.
    mood: Mood,
    /// Its name.
    name: String,
}

/// Do.
#[mcp_tool(version = "1.0", public, title = "A thing of beauty")]
async fn title_changed() {}

/// Do.
#[mcp_tool(version = "1.0", public, title = "A thing of beauty")]
async fn title_added() {}

/// Do it.
#[mcp_tool(version = "1.0", public)]
async fn description_changed(
    /** The number of items. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn order_of_parameters_changed(
    /** Its name. */
    name: String,
    /** The number. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", scope = ["things:write", "things:read"])]
async fn order_of_scopes_changed() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn order_of_values_changed(
    /** Its name. */
    mood: Mood,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn order_of_fields_changed() -> Thing {
    unimplemented!()
}

/// Do.
#[mcp_tool(version = "1.0", public, deprecated(message = "Recount instead.", removal = "2027-01-31"))]
async fn deprecation_changed() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn deprecation_removed() {}

/// Do.
#[mcp_tool(version = "1.0", public, deprecated(message = "Count instead.", removal = "2027-02-01"))]
async fn removal_later() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn secret_added(
    /** Its name. */
    #[arg(secret)]
    word: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn default_spelled_otherwise(
    /** The number. */
    #[arg(default = 1)]
    share: f64,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn header_spelled_otherwise(
    /** The place. */
    #[arg(header = "REGION")]
    region: String,
) {
}

fn main() {}
