use mcp_tool_runtime::{PageRequest, ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
struct Person {
    name: String,
}

/// People.
#[mcp_tool(version = "1.0", public)]
async fn people(page: PageRequest) -> Vec<Person> {
    drop(page);
    Vec::new()
}

fn main() {}
