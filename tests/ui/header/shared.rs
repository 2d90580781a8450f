use mcp_tool_runtime::mcp_tool;

/// Query.
#[mcp_tool(version = "1.0", public)]
async fn query(
    /** From where. */
    #[arg(header = "Region")]
    from: String,
    /** The number. */
    #[arg(header = "Count")]
    count: u8,
    /** To where. */
    #[arg(header = "REGION")]
    to: String,
) {
    let _ = (from, count, to);
}

fn main() {}
