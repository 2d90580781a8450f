use mcp_tool_runtime::{mcp_tool, tools};

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet<T: Send>(/** The recipient. */ name: T) {
    let _ = name;
}

fn main() {
    let _ = tools![greet];
}
