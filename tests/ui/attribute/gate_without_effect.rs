use mcp_tool_runtime::mcp_tool;

/// Part.
#[mcp_tool(version = "1.0", scope = "parts:read", gate(scope = "parts:drop"))]
async fn harmless() {}

/// Part.
#[mcp_tool(version = "1.0", public, destructive, gate(scope = "parts:drop"))]
async fn open() {}

/// Part.
#[mcp_tool(version = "1.0", scope = ["parts:read", "parts:drop"], destructive, gate(scope = "parts:drop"))]
async fn held() {}

fn main() {}
