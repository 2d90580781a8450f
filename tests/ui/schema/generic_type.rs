use mcp_tool_runtime::ToolSchema;

#[derive(serde::Serialize, ToolSchema)]
struct Wrapped<T> {
    inner: T,
}

fn main() {}
