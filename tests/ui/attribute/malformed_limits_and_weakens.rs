use mcp_tool_runtime::mcp_tool;

/// All at once.
#[mcp_tool(
    version = "1",
    public,
    deprecated(removal = "soon"),
    weakens("bound-losened", reason = "Names grew."),
    weakens("parameter-removed", reason = "Nobody sent it."),
    weakens("secret-removed")
)]
async fn all() {}

fn main() {}
