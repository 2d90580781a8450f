use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(
    version = "1.0",
    public,
    rate = "10/min",
    ceiling = "100/min",
    retry = 3,
    cache = "30s",
    upstream = ["billing"],
    gate(approval),
    task
)]
async fn greet() {}

fn main() {}
