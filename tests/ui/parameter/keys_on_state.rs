use mcp_tool_runtime::mcp_tool;

struct People;

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(#[arg(max_len = 5)] people: &People) {
    let _ = people;
}

fn main() {}
