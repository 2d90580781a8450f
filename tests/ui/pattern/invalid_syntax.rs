use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(
    /// The recipient.
    #[arg(pattern = "^(abc$")]
    name: String,
) {
    let _ = name;
}

fn main() {}
