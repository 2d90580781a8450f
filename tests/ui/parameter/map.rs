use std::collections::HashMap;

use mcp_tool_runtime::mcp_tool;

/// Tag.
#[mcp_tool(version = "1.0", public)]
async fn tag(/** Tags. */ tags: HashMap<String, String>) {
    let _ = tags;
}

fn main() {}
