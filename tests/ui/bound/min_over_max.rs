use mcp_tool_runtime::mcp_tool;

/// Count.
#[mcp_tool(version = "1.0", public)]
async fn count(
    /// How far.
    #[arg(min = 10, max = 1)]
    limit: u32,
    /// How much.
    #[arg(min = 1.5, max = 0.5)]
    share: f64,
    /// Whom.
    #[arg(min_len = 10, max_len = 5)]
    name: String,
    /// Which.
    #[arg(min_items = 4, max_items = 2)]
    ids: Vec<u32>,
) {
    let _ = (limit, share, name, ids);
}

fn main() {}
