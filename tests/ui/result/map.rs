use mcp_tool_runtime::{ToolError, ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
struct Person {
    name: String,
}

/// People.
#[mcp_tool(version = "1.0", public)]
async fn people() -> Result<std::collections::HashMap<String, Person>, ToolError> {
    Ok(Default::default())
}

fn main() {}
