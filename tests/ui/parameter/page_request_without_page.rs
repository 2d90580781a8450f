use mcp_tool_runtime::{PageRequest, mcp_tool};

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(page: PageRequest) -> String {
    page.limit().to_string()
}

fn main() {}
