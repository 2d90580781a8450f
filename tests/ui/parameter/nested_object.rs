use mcp_tool_runtime::mcp_tool;

struct Address {
    street: String,
}

/// Move.
#[mcp_tool(version = "1.0", public)]
async fn relocate(/** The destination. */ address: Address) {
    let _ = address.street;
}

fn main() {}
