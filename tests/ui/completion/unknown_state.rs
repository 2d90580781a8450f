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
    /// The recipient.
    #[arg(complete = names(poeple))]
    name: String,
    /// The place.
    #[arg(complete = names(name))]
    place: String,
    /// The manner.
    #[arg(complete = names(database, people))]
    how: String,
) {
    let _ = (cx, people, name, place, how);
}

/// Greet again.
#[mcp_tool(version = "1.0", public)]
async fn again(
    /// The recipient.
    #[arg(complete = names(people))]
    name: String,
) {
    let _ = name;
}

fn main() {}
