use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
struct Person {
    name: String,
}

/// People.
#[mcp_tool(version = "1.0", public)]
async fn people() -> Result<Person, Box<dyn std::error::Error>> {
    Err("no".into())
}

fn main() {}
