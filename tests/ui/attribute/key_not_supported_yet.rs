use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(
    version = "1.0",
    public,
    ceiling = "100/min",
    retry = 3,
    cache = "30s",
    task
)]
async fn greet() {}

fn main() {}
