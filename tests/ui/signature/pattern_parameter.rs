use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet((first, last): (String, String), _: u32) {
    let _ = (first, last);
}

fn main() {}
