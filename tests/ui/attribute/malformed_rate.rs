use mcp_tool_runtime::mcp_tool;

/// Part.
#[mcp_tool(version = "1.0", public, rate = "10")]
async fn bare() {}

/// Part.
#[mcp_tool(version = "1.0", public, rate = "0/min")]
async fn slow() {}

/// Part.
#[mcp_tool(version = "1.0", public, rate = "1000001/s")]
async fn quick() {}

/// Part.
#[mcp_tool(version = "1.0", public, rate = "10/m")]
async fn odd() {}

/// Part.
#[mcp_tool(version = "1.0", public, rate = 10)]
async fn number() {}

/// Part.
#[mcp_tool(version = "1.0", public, rate)]
async fn flag() {}

fn main() {}
