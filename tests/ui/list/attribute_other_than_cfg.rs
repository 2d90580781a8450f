use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

/// Do nothing.
#[mcp_tool(version = "1.0", public)]
async fn nothing() {}

const TOOLS: &[ToolEntry] = tools![
    #[allow(unused)]
    nothing,
];

fn main() {}
