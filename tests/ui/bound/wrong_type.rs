use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(ToolSchema)]
enum Mood {
    Good,
    Bad,
}

/// Count.
#[mcp_tool(version = "1.0", public)]
async fn count(
    /// How far.
    #[arg(max_len = 10)]
    limit: u32,
    /// Whom.
    #[arg(max = 10)]
    name: String,
    /// Whether.
    #[arg(min = 0)]
    really: bool,
    /// How.
    #[arg(pattern = "^G")]
    mood: Mood,
    /// Which.
    #[arg(max_items = 10)]
    id: u32,
    /// When.
    #[arg(max_len = 10)]
    day: chrono::NaiveDate,
) {
    let _ = (limit, name, really, mood, id, day);
}

fn main() {}
