use mcp_tool_runtime::mcp_tool;

/// Query.
#[mcp_tool(version = "1.0", public)]
async fn query(
    /** Where. */
    #[arg(header = "")]
    empty: String,
    /** Where. */
    #[arg(header = "The Region")]
    spaced: String,
    /** Where. */
    #[arg(header = "Region: eu\r\nX-Admin")]
    split: String,
    /** Where. */
    #[arg(header = "Größe")]
    foreign: String,
    /** Where. */
    #[arg(header = "Mcp-Param-Region")]
    prefixed: String,
    /** Where. */
    #[arg(header = "Rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr")]
    long: String,
    /** Where. */
    #[arg(header)]
    bare: String,
    /** Where. */
    #[arg(header = 7)]
    number: String,
) {
    let _ = (empty, spaced, split, foreign, prefixed, long, bare, number);
}

fn main() {}
