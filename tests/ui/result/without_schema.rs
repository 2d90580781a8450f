use mcp_tool_runtime::mcp_tool;

#[derive(serde::Serialize)]
struct Person {
    name: String,
}

/// A person.
#[mcp_tool(version = "1.0", public)]
async fn person() -> Person {
    Person { name: String::new() }
}

fn main() {}
