use mcp_tool_runtime::{Page, ToolError, ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
struct Person {
    name: String,
}

/// People.
#[mcp_tool(version = "1.0", public)]
async fn people() -> Result<Page<Person>, ToolError> {
    Err(ToolError::refused("no"))
}

fn main() {}
