//! A struct that derives `ToolSchema` can be a result, but not a parameter.
use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
struct Address {
    street: String,
}

/// Move.
#[mcp_tool(version = "1.0", public)]
async fn relocate(/** The destination. */ address: Address) {
    let _ = address.street;
}

fn main() {}
