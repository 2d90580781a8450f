use mcp_tool_runtime::mcp_tool;

/// Part.
#[mcp_tool(version = "1.0", scope = "parts:read", destructive, gate())]
async fn empty() {}

/// Part.
#[mcp_tool(version = "1.0", scope = "parts:read", destructive, gate)]
async fn flag() {}

/// Part.
#[mcp_tool(version = "1.0", scope = "parts:read", destructive, gate(scopes = "parts:drop"))]
async fn unknown() {}

/// Part.
#[mcp_tool(version = "1.0", scope = "parts:read", destructive, gate(scope = "parts drop"))]
async fn spaced() {}

/// Part.
#[mcp_tool(version = "1.0", scope = "parts:read", destructive, gate(scope = ["parts:drop", "parts:burn"]))]
async fn several() {}

/// Part.
#[mcp_tool(version = "1.0", scope = "parts:read", destructive, gate(scope = "parts:drop"), gate(scope = "parts:burn"))]
async fn twice() {}

fn main() {}
