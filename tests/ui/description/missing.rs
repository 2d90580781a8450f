//! A missing description is a warning, which can be made an error.
#![deny(deprecated)]
use mcp_tool_runtime::mcp_tool;

#[mcp_tool(version = "1.0", public)]
async fn greet(name: String, /** The frequency. */ times: u32) {
    let _ = (name, times);
}

fn main() {}
