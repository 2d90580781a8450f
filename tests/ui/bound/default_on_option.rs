use mcp_tool_runtime::mcp_tool;

type Maybe = Option<u32>;

/// Count.
#[mcp_tool(version = "1.0", public)]
async fn count(
    /// The distance.
    #[arg(default = 20)]
    limit: Maybe,
    /// The choice.
    #[arg(default = 1)]
    ids: Vec<u32>,
) {
    let _ = (limit, ids);
}

fn main() {}
