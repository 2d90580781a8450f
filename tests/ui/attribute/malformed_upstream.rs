use mcp_tool_runtime::mcp_tool;

/// Part.
#[mcp_tool(version = "1.0", public, upstream = [])]
async fn none() {}

/// Part.
#[mcp_tool(version = "1.0", public, upstream = "Billing")]
async fn capital() {}

/// Part.
#[mcp_tool(version = "1.0", public, upstream = ["billing", "billing"])]
async fn twice() {}

/// Part.
#[mcp_tool(version = "1.0", public, upstream = 7)]
async fn number() {}

/// Part.
#[mcp_tool(version = "1.0", public, upstream = "https://billing.example")]
async fn address() {}

/// Part.
#[mcp_tool(version = "1.0", public, upstream = ["u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9", "u10", "u11", "u12", "u13", "u14", "u15", "u16"])]
async fn many() {}

fn main() {}
