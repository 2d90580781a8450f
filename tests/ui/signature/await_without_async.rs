use mcp_tool_runtime::mcp_tool;

async fn load() -> String {
    String::new()
}

/// Load.
#[mcp_tool(version = "1.0", public)]
fn get() -> String {
    load().await
}

fn main() {}
