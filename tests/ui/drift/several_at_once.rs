//! Several changes of one tool: all are listed, and one bump permits them.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "2.1", scope = "things:write", timeout = "9s")]
async fn breaking_and_more(
    /** What it is called. */
    #[arg(max_len = 40)]
    name: String,
    /** How many. */
    count: Option<u32>,
    /** Why. */
    reason: String,
    /** Whose. */
    owner: Option<String>,
) {
}

/// Do.
#[mcp_tool(version = "2.1", public, idempotent)]
async fn additive(
    /** What it is called. */
    name: String,
    /** How many. */
    count: Option<u32>,
) {
}

/// Do.
#[mcp_tool(version = "2.1", public)]
async fn weakening_twice(
    /** What it is called. */
    #[arg(max_len = 80)]
    name: String,
    /** How many. */
    #[arg(max = 99)]
    count: u32,
) {
}

/// Do.
#[mcp_tool(version = "2.1", public)]
async fn words_too(
    /** How very many. */
    count: Option<u32>,
) {
}

fn main() {}
