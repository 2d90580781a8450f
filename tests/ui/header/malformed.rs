use mcp_tool_runtime::mcp_tool;

/// Query.
#[mcp_tool(version = "1.0", public)]
async fn query(
    /** The place. */
    #[arg(header = "")]
    empty: String,
    /** The place. */
    #[arg(header = "The Region")]
    spaced: String,
    /** The place. */
    #[arg(header = "Region: eu\r\nX-Admin")]
    split: String,
    /** The place. */
    #[arg(header = "Größe")]
    foreign: String,
    /** The place. */
    #[arg(header = "Mcp-Param-Region")]
    prefixed: String,
    /** The place. */
    #[arg(header = "Rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr")]
    long: String,
    /** The place. */
    #[arg(header)]
    bare: String,
    /** The place. */
    #[arg(header = 7)]
    number: String,
) {
    let _ = (empty, spaced, split, foreign, prefixed, long, bare, number);
}

fn main() {}
