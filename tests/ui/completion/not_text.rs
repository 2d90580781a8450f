use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(ToolSchema)]
enum Mood {
    Good,
    Bad,
}

type Age = Option<u32>;

async fn any(_typed: &str) -> Vec<String> {
    Vec::new()
}

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(
    /// The age.
    #[arg(complete = any)]
    age: Age,
    /// The manner.
    #[arg(complete = any)]
    mood: Mood,
    /// The choice.
    #[arg(complete = any)]
    moods: Vec<Mood>,
    /// Yes or no.
    #[arg(complete = any)]
    really: bool,
    /// The amount.
    #[arg(complete = any)]
    share: f64,
) {
    let _ = (age, mood, moods, really, share);
}

fn main() {}
