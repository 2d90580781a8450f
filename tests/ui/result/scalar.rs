use mcp_tool_runtime::{ToolError, mcp_tool};

/// Count.
#[mcp_tool(version = "1.0", public)]
async fn count() -> Result<u64, ToolError> {
    Ok(1)
}

fn main() {}
