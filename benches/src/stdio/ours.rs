//! The tool as a function of this framework. It is held to its bounds, and each call is recorded.

use std::process::ExitCode;

use mcp_tool_runtime::prelude::*;
use serde::Serialize;

/// How an order stands.
#[derive(Serialize, ToolSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Paid,
    Closed,
}

/// What was found.
#[derive(Serialize, ToolSchema)]
struct Found {
    /// What was looked for.
    #[schema(max_len = 64)]
    query: String,
    /// How many at most.
    limit: u32,
    /// How they stand.
    status: Status,
    /// Tags that were asked for.
    tags: u32,
}

/// Search orders.
#[mcp_tool(version = "1.0", scope = "orders:read", read_only)]
async fn search_orders(
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
    let tags = u32::try_from(tags.len()).unwrap_or(u32::MAX);
    Found { query, limit, status, tags }
}

pub async fn serve() -> ExitCode {
    ToolServer::new("orders", "1.0.0").tools(tools![search_orders]).run().await
}
