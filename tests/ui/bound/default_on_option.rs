use mcp_tool_runtime::mcp_tool;

type Maybe = Option<u32>;

/// Count.
#[mcp_tool(version = "1.0", public)]
async fn count(
    /// How far.
    #[arg(default = 20)]
    limit: Maybe,
    /// Which.
    #[arg(default = 1)]
    ids: Vec<u32>,
) {
    let _ = (limit, ids);
}

fn main() {}
