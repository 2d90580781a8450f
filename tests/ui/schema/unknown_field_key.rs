use mcp_tool_runtime::ToolSchema;

#[derive(serde::Serialize, ToolSchema)]
struct Person {
    #[schema(maxlen = 5)]
    name: String,
    #[schema(max_len = 5)]
    age: u32,
}

fn main() {}
