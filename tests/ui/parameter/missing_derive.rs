use mcp_tool_runtime::mcp_tool;

enum Priority {
    Low,
    High,
}

/// Search.
#[mcp_tool(version = "1.0", public)]
async fn search(
    /// Priority.
    priority: Priority,
) {
    drop(priority);
}

fn main() {}
