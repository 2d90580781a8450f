use mcp_tool_runtime::{CallContext, mcp_tool};

struct People;

async fn names(_people: &People, _typed: &str) -> Vec<String> {
    Vec::new()
}

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(
    cx: &CallContext,
    people: &People,
    _: &People,
    /// Whom.
    #[arg(complete = names(poeple))]
    name: String,
    /// Where.
    #[arg(complete = names(name))]
    place: String,
    /// How.
    #[arg(complete = names(database, people))]
    how: String,
) {
    let _ = (cx, people, name, place, how);
}

/// Greet again.
#[mcp_tool(version = "1.0", public)]
async fn again(
    /// Whom.
    #[arg(complete = names(people))]
    name: String,
) {
    let _ = name;
}

fn main() {}
