use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

#[doc = concat!(" ", "\n")]
#[mcp_tool(version = "1.0", public)]
async fn nothing() {}

const TOOLS: &[ToolEntry] = tools![nothing];

fn main() {}
