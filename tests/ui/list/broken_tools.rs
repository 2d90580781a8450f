//! The errors of two tools are two errors: their list has none.
use mcp_tool_runtime::{mcp_tool, tools};

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet<T: Send>(/** The recipient. */ name: T) {
    drop(name);
}

/// Leave.
#[mcp_tool(version = "1.0", public)]
async fn leave(&self) {}

fn main() {
    let _ = tools![greet, leave];
}
