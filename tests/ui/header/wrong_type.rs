use mcp_tool_runtime::{ToolSchema, mcp_tool};

type Share = f64;

/// A share.
#[derive(ToolSchema)]
#[schema(min = 0, max = 1)]
struct Part(f64);

/// Query.
#[mcp_tool(version = "1.0", public)]
async fn query(
    /** The amount. */
    #[arg(header = "Share", min = 0, max = 1)]
    share: Share,
    /** The amount. */
    #[arg(header = "Part")]
    part: Option<Part>,
    /** The place. */
    #[arg(max_items = 3, header = "Regions")]
    regions: Vec<String>,
) {
    let _ = (share, part.map(|part| part.0), regions);
}

fn main() {}
