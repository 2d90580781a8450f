use std::cell::Cell;

use mcp_tool_runtime::mcp_tool;

struct People(Cell<u32>);

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(people: &People) {
    people.0.set(1);
}

fn main() {}
