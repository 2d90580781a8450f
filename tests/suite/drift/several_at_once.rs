//! Several changes of one tool: all are listed, and one bump permits them. The tools here are those before the changes.
//! `ui/drift/several_at_once.rs` has the changed tools, with the same versions.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![breaking_and_more, additive, weakening_twice, words_too];

// Gets breaking, weakening (guard-lowering) and additive changes.
/// Do.
#[mcp_tool(version = "2.1", scope = "things:read", timeout = "5s")]
pub async fn breaking_and_more(
    /** Its name. */
    #[arg(max_len = 80)]
    name: String,
    /** The number. */
    count: u32,
    /** The reason. */
    reason: Option<String>,
) -> String {
    super::never()
}

// Gets two additive changes.
/// Do.
#[mcp_tool(version = "2.1", public)]
pub async fn additive(
    /** Its name. */
    name: String,
) {
}

// Loses its scope, and gets two higher bounds.
/// Do.
#[mcp_tool(version = "2.1", scope = "things:read")]
pub async fn weakening_twice(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
    /** The number. */
    #[arg(max = 9)]
    count: u32,
) {
}

// `count` becomes optional and gets another description.
/// Do.
#[mcp_tool(version = "2.1", public)]
pub async fn words_too(
    /** The number. */
    count: u32,
) {
}
