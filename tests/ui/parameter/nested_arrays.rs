use mcp_tool_runtime::mcp_tool;

/// Sum.
#[mcp_tool(version = "1.0", public)]
async fn sum(/** Rows. */ rows: Vec<Vec<u32>>, /** Perhaps. */ some: Vec<Option<u32>>) {
    let _ = (rows, some);
}

fn main() {}
