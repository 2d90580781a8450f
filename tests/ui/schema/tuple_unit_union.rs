use mcp_tool_runtime::ToolSchema;

#[derive(ToolSchema)]
struct Pair(String, String);

#[derive(ToolSchema)]
struct Nothing;

#[derive(ToolSchema)]
enum Never {}

#[derive(ToolSchema)]
union Either {
    a: u32,
    b: f32,
}

fn main() {}
