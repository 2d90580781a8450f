use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(
    /// The recipient.
    #[arg(max_lenght = 5)]
    name: String,
    /// From where.
    #[arg(header = "Region")]
    region: String,
    /// The manner.
    #[arg]
    how: String,
) {
    let _ = (name, region, how);
}

fn main() {}
