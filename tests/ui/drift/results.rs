//! Added, removed and changed results.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::{Page, PageRequest, ToolError, ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
struct Thing {
    name: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_added() -> String {
    unimplemented!()
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_removed() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_changed() -> Thing {
    unimplemented!()
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_of_pages(page: PageRequest) -> Result<Page<Thing>, ToolError> {
    unimplemented!()
}

fn main() {}
