use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

/// Do nothing.
#[mcp_tool(version = "1.0", public)]
async fn nothing() {}

/// Do nothing, too.
#[mcp_tool(version = "1.0", public, name = "nothing")]
async fn too() {}

const TOOLS: &[ToolEntry] = tools![
    #[cfg(any())]
    removed_from_every_build,
    nothing,
    #[cfg(all())]
    too,
];

fn main() {}
