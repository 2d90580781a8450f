use mcp_tool_runtime::mcp_tool;

/// Count.
#[mcp_tool(version = "1.0", public)]
async fn count(/** The distance. */ limit: u128, /** From where. */ start: usize) {
    let _ = (limit, start);
}

fn main() {}
