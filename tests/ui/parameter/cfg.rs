use mcp_tool_runtime::mcp_tool;

struct Ledger;

/// Count.
#[mcp_tool(version = "1.0", public)]
async fn count(
    #[cfg(unix)] ledger: &Ledger,
    /// The distance.
    #[cfg(unix)]
    limit: u32,
) {
    let _ = (ledger, limit);
}

fn main() {}
