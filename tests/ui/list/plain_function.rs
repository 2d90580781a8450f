use mcp_tool_runtime::tools;

async fn greet() {}

fn main() {
    let _ = tools![greet];
}
