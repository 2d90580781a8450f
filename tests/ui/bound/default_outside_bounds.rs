use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(ToolSchema)]
enum Mood {
    Good,
    Bad,
}

/// Count.
#[mcp_tool(version = "1.0", public, max_len = 3)]
async fn count(
    /// The distance.
    #[arg(min = 1, max = 10, default = 20)]
    limit: u32,
    /// The recipient.
    #[arg(default = "anna")]
    name: String,
    /// The manner.
    #[arg(default = "Fair")]
    mood: Mood,
    /// The amount.
    #[arg(max = 0.5, default = 0.75)]
    share: f64,
    /// Yes or no.
    #[arg(default = 1)]
    really: bool,
    /// The choice.
    #[arg(pattern = "^[a-z]+$", default = "A")]
    letter: String,
) {
    let _ = (limit, name, mood, share, really, letter);
}

fn main() {}
