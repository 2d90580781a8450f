use mcp_tool_runtime::mcp_tool;

/// Nearly the id of one.
#[mcp_tool(version = "1.0", public, weakens("bound-losened", reason = "Names grew."))]
async fn nearly() {}

/// Nothing like one.
#[mcp_tool(version = "1.0", public, weakens("whatever", reason = "Names grew."))]
async fn unlike() {}

/// A rule whose licence is a major version.
#[mcp_tool(version = "1.0", public, weakens("parameter-required", reason = "Names grew."))]
async fn breaking() {}

/// A rule whose licence is a minor version.
#[mcp_tool(version = "1.0", public, weakens("parameter-added", reason = "Names grew."))]
async fn additive() {}

/// A rule that needs no licence.
#[mcp_tool(version = "1.0", public, weakens("order-changed", reason = "Names grew."))]
async fn patch() {}

fn main() {}
