//! The measured tool, `search_orders`, in our framework. It searches nothing, and returns its arguments.

use mcp_tool_runtime::prelude::*;

/// Status of an order.
#[derive(Clone, Copy, serde::Serialize, ToolSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Open,
    Paid,
    Closed,
}

/// Search results.
#[derive(serde::Serialize, ToolSchema)]
pub struct Found {
    /// Query of the search.
    #[schema(max_len = 64)]
    pub query: String,
    /// Limit that was requested.
    pub limit: u32,
    /// Status that was requested.
    pub status: Status,
    /// Number of requested tags.
    pub tags: u32,
}

/// Search orders.
#[mcp_tool(version = "1.0", scope = "orders:read", read_only)]
pub async fn search_orders(
    /// Text to search for.
    #[arg(min_len = 1, max_len = 64, pattern = "^[a-z0-9 -]+$")]
    query: String,
    /// Maximum results.
    #[arg(min = 1, max = 100)]
    limit: u32,
    /// Status of the orders.
    status: Status,
    /// Tags of the orders.
    #[arg(max_items = 8, max_len = 16)]
    tags: Vec<String>,
) -> Found {
    Found { query, limit, status, tags: tags.len() as u32 }
}
