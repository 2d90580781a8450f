use mcp_tool_runtime::mcp_tool;

/// Part.
#[mcp_tool(version = "1.0", scope = "parts:read", destructive, gate(approval))]
async fn approved() {}

/// Part.
#[mcp_tool(version = "1.0", scope = "parts:read", destructive, gate(four_eyes))]
async fn twice_approved() {}

fn main() {}
