use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
struct People {
    /// Their names.
    names: Vec<String>,
    /// Perhaps more.
    more: Option<Vec<u32>>,
}

/// People.
#[mcp_tool(version = "1.0", public)]
async fn people() -> People {
    People { names: Vec::new(), more: None }
}

fn main() {}
