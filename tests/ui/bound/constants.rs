use mcp_tool_runtime::{ToolSchema, mcp_tool};

const NEGATIVE: i32 = -1;
const RATIO: f32 = 0.5;
const QUOTED: &str = "a \"quoted\" word";

#[derive(ToolSchema)]
enum Priority {
    Low,
    High,
}

/// Search.
#[mcp_tool(version = "1.0", public)]
async fn search(
    /// Text.
    #[arg(max_len = NEGATIVE)]
    text: String,
    /// Count.
    #[arg(max = RATIO)]
    count: u8,
    /// Word.
    #[arg(default = QUOTED)]
    word: String,
    /// Priority.
    #[arg(default = Priority::Lowest)]
    priority: Priority,
    /// Priority.
    #[arg(default = Priority::Low)]
    optional: Option<Priority>,
    /// Length.
    #[arg(max_len = 1.5)]
    length: String,
) {
    let _ = (text, count, word, priority, optional, length);
}

fn main() {}
