use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(ToolSchema)]
#[schema(pattern = "^\\w+$")]
struct Word(String);

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(
    /// The recipient.
    #[arg(pattern = "^\\d+$")]
    digits: String,
    /// The recipient.
    #[arg(pattern = "^a.c$")]
    dot: String,
    /// The recipient.
    #[arg(pattern = "^(?=a)")]
    ahead: String,
    /// The recipient.
    #[arg(pattern = "[a-z&&[^b]]")]
    class: String,
) {
    let _ = (digits, dot, ahead, class);
}

fn main() {}
