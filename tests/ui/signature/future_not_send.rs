use std::rc::Rc;

use mcp_tool_runtime::mcp_tool;

async fn later() {}

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet() -> String {
    let name = Rc::new("ann".to_owned());
    later().await;
    name.to_string()
}

fn main() {}
