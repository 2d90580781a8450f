use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
struct Person {
    name: String,
}

/// People.
#[mcp_tool(version = "1.0", public)]
fn people() -> (Person, String) {
    (Person { name: String::new() }, String::new())
}

fn main() {}
