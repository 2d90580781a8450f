use mcp_tool_runtime::mcp_tool;

/// List invoices.
#[mcp_tool(version = "1.0", public)]
async fn list_invoices_v2() {}

fn main() {}
