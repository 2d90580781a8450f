use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet() -> Result<String, String> {
    Err("no".to_owned())
}

fn main() {}
