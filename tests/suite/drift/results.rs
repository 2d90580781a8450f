//! Locked versions of tools whose results are added, removed or changed in `ui/drift/results.rs`.

use mcp_tool_runtime::{ToolEntry, ToolSchema, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![result_added, result_removed, result_changed, result_of_pages];

/// Result of two of these tools.
#[derive(serde::Serialize, ToolSchema)]
pub struct Thing {
    name: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_added() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_removed() -> Thing {
    super::never()
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_changed() -> String {
    super::never()
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_of_pages() -> Thing {
    super::never()
}
