use mcp_tool_runtime::ToolSchema;

#[derive(ToolSchema)]
#[serde(rename_all = "lowercase")]
enum Mood {
    Good,
    GOOD,
}

fn main() {}
