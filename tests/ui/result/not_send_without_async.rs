use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
struct Person {
    name: String,
}

/// People.
#[mcp_tool(version = "1.0", public)]
fn people() -> std::rc::Rc<Person> {
    std::rc::Rc::new(Person { name: String::new() })
}

fn main() {}
