use mcp_tool_runtime::mcp_tool;

/// Do. The parameter drifts from the lock too, but only the misspelled key is reported.
#[mcp_tool(version = "1.0", public)]
async fn result_added(#[arg(max_lenght = 5)] name: String) {
    drop(name);
}

fn main() {}
