//! Changes that need no version bump, such as changed descriptions and changed order. The tools here are those before
//! the change that each name states. `ui/drift/pass/words.rs` has them after it, and must compile.

use mcp_tool_runtime::{ToolEntry, ToolSchema, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![
    title_changed,
    title_added,
    description_changed,
    order_of_parameters_changed,
    order_of_scopes_changed,
    order_of_values_changed,
    order_of_fields_changed,
    deprecation_changed,
    deprecation_removed,
    removal_later,
    secret_added,
    default_spelled_otherwise,
    header_spelled_otherwise
];

#[derive(serde::Serialize, ToolSchema)]
pub enum Mood {
    Good,
    Bad,
}

#[derive(serde::Serialize, ToolSchema)]
pub struct Thing {
    name: String,
    mood: Mood,
}

/// Do.
#[mcp_tool(version = "1.0", public, title = "A thing")]
pub async fn title_changed() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn title_added() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn description_changed(
    /** The number. */
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn order_of_parameters_changed(
    /** The number. */
    count: u32,
    /** Its name. */
    name: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", scope = ["things:read", "things:write"])]
pub async fn order_of_scopes_changed() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn order_of_values_changed(
    /** Its name. */
    mood: Mood,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn order_of_fields_changed() -> Thing {
    super::never()
}

/// Do.
#[mcp_tool(version = "1.0", public, deprecated(message = "Count instead.", removal = "2027-01-31"))]
pub async fn deprecation_changed() {}

/// Do.
#[mcp_tool(version = "1.0", public, deprecated(message = "Count instead.", removal = "2027-01-31"))]
pub async fn deprecation_removed() {}

/// Do.
#[mcp_tool(version = "1.0", public, deprecated(message = "Count instead.", removal = "2027-01-31"))]
pub async fn removal_later() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn secret_added(
    /** Its name. */
    word: String,
) {
}

// Becomes `default = 1`.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn default_spelled_otherwise(
    /** The number. */
    #[arg(default = 1.0)]
    share: f64,
) {
}

// Becomes `REGION`: names of HTTP headers ignore letter case.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn header_spelled_otherwise(
    /** The place. */
    #[arg(header = "Region")]
    region: String,
) {
}
