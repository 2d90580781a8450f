use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(
    /// The recipient.
    #[arg(pattern = "^([a-z]{1000}){1000}$")]
    name: String,
) {
    let _ = name;
}

fn main() {}
