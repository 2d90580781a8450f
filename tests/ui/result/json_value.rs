use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
struct Person {
    name: String,
}

/// People.
#[mcp_tool(version = "1.0", public)]
async fn people() -> serde_json::Value {
    serde_json::Value::Null
}

fn main() {}
