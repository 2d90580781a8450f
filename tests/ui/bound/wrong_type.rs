use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(ToolSchema)]
enum Mood {
    Good,
    Bad,
}

/// Count.
#[mcp_tool(version = "1.0", public)]
async fn count(
    /// The distance.
    #[arg(max_len = 10)]
    limit: u32,
    /// The recipient.
    #[arg(max = 10)]
    name: String,
    /// Yes or no.
    #[arg(min = 0)]
    really: bool,
    /// The manner.
    #[arg(pattern = "^G")]
    mood: Mood,
    /// The choice.
    #[arg(max_items = 10)]
    id: u32,
    /// The time.
    #[arg(max_len = 10)]
    day: chrono::NaiveDate,
) {
    let _ = (limit, name, really, mood, id, day);
}

fn main() {}
