use mcp_tool_runtime::{Page, PageRequest, ToolError, ToolSchema, mcp_tool};

struct People;

async fn names(_people: &People, _typed: &str) -> Vec<String> {
    Vec::new()
}

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(
    people: &People,
    /// Whom.
    #[arg(complete)]
    bare: String,
    /// Whom.
    #[arg(complete = "names")]
    text: String,
    /// Whom.
    #[arg(complete(names))]
    list: String,
    /// Whom.
    #[arg(complete = |_| Vec::new())]
    closure: String,
    /// Whom.
    #[arg(complete = names(&people))]
    reference: String,
    /// Whom.
    #[arg(complete = names(people, "a"))]
    literal: String,
    /// Whom.
    #[arg(complete = people.names())]
    method: String,
    /// Whom.
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
