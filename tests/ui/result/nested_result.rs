use mcp_tool_runtime::{ToolError, ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
struct Person {
    name: String,
}

/// People.
#[mcp_tool(version = "1.0", public)]
fn people() -> Result<Result<Person, String>, ToolError> {
    Ok(Err(String::new()))
}

fn main() {}
