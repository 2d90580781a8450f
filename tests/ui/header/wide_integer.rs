use mcp_tool_runtime::{ToolSchema, mcp_tool};

/// A number of an account.
#[derive(ToolSchema)]
#[schema(min = 1)]
struct Account(i64);

/// Query.
#[mcp_tool(version = "1.0", public)]
async fn query(
    /** The choice. */
    #[arg(header = "Row")]
    row: i64,
    /** The choice. */
    #[arg(header = "Column")]
    column: Option<u64>,
    /** The choice. */
    #[arg(max = 9, header = "Cell")]
    cell: i64,
    /** The choice. */
    #[arg(header = "Account")]
    account: Account,
    /** The choice. */
    #[arg(min = -9_007_199_254_740_992, max = 9_007_199_254_740_991, header = "Sheet")]
    sheet: i64,
) {
    let _ = (row, column, cell, account.0, sheet);
}

fn main() {}
