use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(ToolSchema)]
#[schema(max_len = 12, pattern = "^inv_")]
struct Number(String);

/// Count.
#[mcp_tool(version = "1.0", public)]
async fn count(
    /// The distance.
    #[arg(max = 300)]
    limit: u8,
    /// From where.
    #[arg(min = -1)]
    start: u32,
    /// The choice.
    #[arg(max_len = 20)]
    number: Number,
    /// Another choice.
    #[arg(pattern = "^x")]
    other: Number,
    /// The amount.
    #[arg(max = 2.5)]
    whole: i32,
) {
    let _ = (limit, start, number.0, other.0, whole);
}

fn main() {}
