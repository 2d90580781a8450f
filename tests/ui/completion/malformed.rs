use mcp_tool_runtime::{Page, PageRequest, ToolError, ToolSchema, mcp_tool};

struct People;

async fn names(_people: &People, _typed: &str) -> Vec<String> {
    Vec::new()
}

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(
    people: &People,
    /// The recipient.
    #[arg(complete)]
    bare: String,
    /// The recipient.
    #[arg(complete = "names")]
    text: String,
    /// The recipient.
    #[arg(complete(names))]
    list: String,
    /// The recipient.
    #[arg(complete = |_| Vec::new())]
    closure: String,
    /// The recipient.
    #[arg(complete = names(&people))]
    reference: String,
    /// The recipient.
    #[arg(complete = names(people, "a"))]
    literal: String,
    /// The recipient.
    #[arg(complete = people.names())]
    method: String,
    /// The recipient.
    #[arg(complete = names(people), complete = names(people))]
    twice: String,
) {
    let _ = (people, bare, text, list, closure, reference, literal, method, twice);
}

/// Greet a friend.
#[mcp_tool(version = "1.0", public)]
async fn with_state(#[arg(complete = names)] people: &People) {
    let _ = people;
}

/// A name.
#[derive(serde::Serialize, ToolSchema)]
struct Name {
    /// Itself.
    #[schema(complete = names)]
    name: String,
}

/// Names.
#[mcp_tool(version = "1.0", public)]
async fn paged(#[arg(complete = names)] page: PageRequest) -> Result<Page<Name>, ToolError> {
    Page::keyset(Vec::new(), &page, |name: &Name| name.name.clone())
}

fn main() {}
