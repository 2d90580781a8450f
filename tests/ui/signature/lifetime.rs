use mcp_tool_runtime::mcp_tool;

struct Ledger;

/// Count.
#[mcp_tool(version = "1.0", public)]
async fn count<'a>(ledger: &'a Ledger) {
    let _ = ledger;
}

fn main() {}
