use mcp_tool_runtime::mcp_tool;

/// Count.
#[mcp_tool(version = "1.0", public)]
async fn count(
    /// The distance.
    #[arg(min = 10, max = 1)]
    limit: u32,
    /// The amount.
    #[arg(min = 1.5, max = 0.5)]
    share: f64,
    /// The recipient.
    #[arg(min_len = 10, max_len = 5)]
    name: String,
    /// The choice.
    #[arg(min_items = 4, max_items = 2)]
    ids: Vec<u32>,
) {
    let _ = (limit, share, name, ids);
}

fn main() {}
