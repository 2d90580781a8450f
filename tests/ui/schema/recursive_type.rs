use mcp_tool_runtime::ToolSchema;

#[derive(serde::Serialize, ToolSchema)]
struct Folder {
    name: String,
    #[schema(max_items = 10)]
    children: Vec<Folder>,
}

fn main() {}
