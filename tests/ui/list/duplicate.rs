use mcp_tool_runtime::{mcp_tool, tools};

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet() {}

mod later {
    /// Greet again.
    #[mcp_tool_runtime::mcp_tool(version = "2.0", public, name = "greet")]
    pub async fn hello() {}
}

fn main() {
    let _ = tools![greet, later::hello, greet];
}
