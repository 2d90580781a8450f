use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public, max_len = 5)]
async fn greet(
    /// The recipient.
    #[arg(min_len = 10)]
    name: String,
) {
    let _ = name;
}

fn main() {}
