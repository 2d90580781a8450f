use mcp_tool_runtime::tools;

struct Greet;

fn main() {
    let _ = tools![Greet];
}
