//! Mistakes of two tools are two errors: the list they stand in has none of its own.
use mcp_tool_runtime::{mcp_tool, tools};

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet<T: Send>(/** Whom. */ name: T) {
    drop(name);
}

/// Leave.
#[mcp_tool(version = "1.0", public)]
async fn leave(&self) {}

fn main() {
    let _ = tools![greet, leave];
}
