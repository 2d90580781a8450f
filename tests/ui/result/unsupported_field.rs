use std::collections::HashMap;

use mcp_tool_runtime::ToolSchema;

#[derive(serde::Serialize, ToolSchema)]
struct Person {
    tags: HashMap<String, String>,
    matrix: Vec<Vec<u32>>,
}

fn main() {}
