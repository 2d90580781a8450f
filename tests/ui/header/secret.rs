use mcp_tool_runtime::mcp_tool;

/// Unlock.
#[mcp_tool(version = "1.0", public)]
async fn unlock(
    /// The code.
    #[arg(header = "Code", secret)]
    code: String,
) {
    drop(code);
}

fn main() {}
