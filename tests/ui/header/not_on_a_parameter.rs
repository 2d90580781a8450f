use mcp_tool_runtime::{Page, PageRequest, ToolError, ToolSchema, mcp_tool};

struct People;

/// A region.
#[derive(ToolSchema)]
#[schema(header = "Region")]
struct Region(String);

/// A place.
#[derive(serde::Serialize, ToolSchema)]
struct Place {
    /// The place.
    #[schema(header = "Region")]
    region: String,
}

/// Query.
#[mcp_tool(version = "1.0", public)]
async fn query(#[arg(header = "People")] people: &People) {
    let _ = people;
}

/// Go through.
#[mcp_tool(version = "1.0", public)]
async fn paged(#[arg(header = "Page")] page: PageRequest) -> Result<Page<Place>, ToolError> {
    Page::keyset(Vec::new(), &page, |place: &Place| place.region.clone())
}

fn main() {}
