use mcp_tool_runtime::{ToolError, mcp_tool};

/// Count.
#[mcp_tool(version = "1.0", public)]
async fn count() -> Result<impl serde::Serialize, ToolError> {
    Ok(1)
}

fn main() {}
