use mcp_tool_runtime::mcp_tool;

async fn any(_typed: &str) -> Vec<String> {
    Vec::new()
}

/// Open.
#[mcp_tool(version = "1.0", public)]
async fn open(
    /// By which word.
    #[arg(secret, complete = any)]
    password: String,
) {
    let _ = password;
}

fn main() {}
