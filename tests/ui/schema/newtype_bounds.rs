use mcp_tool_runtime::ToolSchema;

#[derive(ToolSchema)]
#[schema(max_len = 5)]
struct Count(u32);

#[derive(ToolSchema)]
#[schema(max_items = 5)]
struct Tag(String);

#[derive(ToolSchema)]
#[schema(lenght = 5)]
struct Word(String);

#[derive(ToolSchema)]
struct List(Vec<String>);

fn main() {}
