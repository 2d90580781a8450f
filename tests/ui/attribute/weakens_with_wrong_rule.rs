use mcp_tool_runtime::mcp_tool;

/// Nearly the id of one.
#[mcp_tool(version = "1.0", public, weakens("bound-losened", reason = "Names grew."))]
async fn nearly() {}

/// Nothing like one.
#[mcp_tool(version = "1.0", public, weakens("whatever", reason = "Names grew."))]
async fn unlike() {}

/// A rule that needs a major version, not a reason.
#[mcp_tool(version = "1.0", public, weakens("parameter-required", reason = "Names grew."))]
async fn breaking() {}

/// A rule that needs a minor version, not a reason.
#[mcp_tool(version = "1.0", public, weakens("parameter-added", reason = "Names grew."))]
async fn additive() {}

/// A rule that needs neither a version nor a reason.
#[mcp_tool(version = "1.0", public, weakens("order-changed", reason = "Names grew."))]
async fn patch() {}

fn main() {}
