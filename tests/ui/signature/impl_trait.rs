use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(/** The recipient. */ name: impl Into<String>) -> impl serde::Serialize {
    name.into()
}

fn main() {}
