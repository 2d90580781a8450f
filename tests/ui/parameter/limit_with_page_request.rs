use mcp_tool_runtime::{Page, PageRequest, ToolError, ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
struct Person {
    name: String,
}

/// People.
#[mcp_tool(version = "1.0", public)]
async fn people(/** The number. */ limit: u32, page: PageRequest) -> Result<Page<Person>, ToolError> {
    let _ = limit;
    Page::keyset(Vec::new(), &page, |person: &Person| person.name.clone())
}

fn main() {}
