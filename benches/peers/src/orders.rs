//! The tool as an author of ours writes it.

use mcp_tool_runtime::prelude::*;

/// How an order stands.
#[derive(Clone, Copy, serde::Serialize, ToolSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Open,
    Paid,
    Closed,
}

/// What was found.
#[derive(serde::Serialize, ToolSchema)]
pub struct Found {
    /// What was looked for.
    #[schema(max_len = 64)]
    pub query: String,
    /// How many at most.
    pub limit: u32,
    /// How they stand.
    pub status: Status,
    /// How many tags were asked for.
    pub tags: u32,
}

/// Search orders.
#[mcp_tool(version = "1.0", scope = "orders:read", read_only)]
pub async fn search_orders(
    /// What to look for.
    #[arg(min_len = 1, max_len = 64, pattern = "^[a-z0-9 -]+$")]
    query: String,
    /// How many at most.
    #[arg(min = 1, max = 100)]
    limit: u32,
    /// How they stand.
    status: Status,
    /// Tags that they carry.
    #[arg(max_items = 8, max_len = 16)]
    tags: Vec<String>,
) -> Found {
    Found { query, limit, status, tags: tags.len() as u32 }
}
