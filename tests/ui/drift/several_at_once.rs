//! Several changes of one tool: all are listed, and one bump permits them.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "2.1", scope = "things:write", timeout = "9s")]
async fn breaking_and_more(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
    /** The number. */
    count: Option<u32>,
    /** The reason. */
    reason: String,
    /** The owner. */
    owner: Option<String>,
) {
}

/// Do.
#[mcp_tool(version = "2.1", public, idempotent)]
async fn additive(
    /** Its name. */
    name: String,
    /** The number. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "2.1", public)]
async fn weakening_twice(
    /** Its name. */
    #[arg(max_len = 80)]
    name: String,
    /** The number. */
    #[arg(max = 99)]
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "2.1", public)]
async fn words_too(
    /** The exact number. */
    count: Option<u32>,
) {
}

fn main() {}
