use mcp_tool_runtime::mcp_tool;

/// No reason.
#[mcp_tool(version = "1.0", public, weakens("bound-loosened"))]
async fn without() {}

/// An empty one.
#[mcp_tool(version = "1.0", public, weakens("bound-loosened", reason = " "))]
async fn empty() {}

/// One under another name.
#[mcp_tool(version = "1.0", public, weakens("bound-loosened", because = "Names grew."))]
async fn because() {}

/// No parentheses.
#[mcp_tool(version = "1.0", public, weakens = "bound-loosened")]
async fn value() {}

fn main() {}
