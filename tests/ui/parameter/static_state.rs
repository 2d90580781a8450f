use mcp_tool_runtime::mcp_tool;

struct Invoices;

/// Count invoices.
#[mcp_tool(version = "1.0", public)]
async fn count(invoices: &'static Invoices) {
    let _ = invoices;
}

fn main() {}
