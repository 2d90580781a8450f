use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(ToolSchema)]
#[schema(pattern = "^\\w+$")]
struct Word(String);

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(
    /// Whom.
    #[arg(pattern = "^\\d+$")]
    digits: String,
    /// Whom.
    #[arg(pattern = "^a.c$")]
    dot: String,
    /// Whom.
    #[arg(pattern = "^(?=a)")]
    ahead: String,
    /// Whom.
    #[arg(pattern = "[a-z&&[^b]]")]
    class: String,
) {
    let _ = (digits, dot, ahead, class);
}

fn main() {}
