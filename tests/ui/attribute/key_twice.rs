use mcp_tool_runtime::{ToolSchema, mcp_tool};

/// Greet.
#[mcp_tool(version = "1.0", public, max_len = 10, max_len = 20)]
async fn greet() {}

/// Greet someone.
#[mcp_tool(version = "1.0", public)]
async fn greet_by_name(
    /// Name.
    #[arg(max_len = 10)]
    #[arg(max_len = 20)]
    name: String,
) {
    drop(name);
}

#[derive(serde::Serialize, ToolSchema)]
struct Person {
    #[schema(max_len = 10)]
    #[schema(max_len = 20)]
    name: String,
}

fn main() {}
