//! The tool `search_orders` in our framework. Arguments are validated, and each call has an audit record.

use std::process::ExitCode;

use mcp_tool_runtime::prelude::*;
use serde::Serialize;

/// Status of an order.
#[derive(Serialize, ToolSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Paid,
    Closed,
}

/// Search results.
#[derive(Serialize, ToolSchema)]
struct Found {
    /// Query of the search.
    #[schema(max_len = 64)]
    query: String,
    /// Limit that was requested.
    limit: u32,
    /// Status that was requested.
    status: Status,
    /// Number of requested tags.
    tags: u32,
}

/// Search orders.
#[mcp_tool(version = "1.0", scope = "orders:read", read_only)]
async fn search_orders(
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
    let tags = u32::try_from(tags.len()).unwrap_or(u32::MAX);
    Found { query, limit, status, tags }
}

/// Runs the server with the command line of this program, which is `serve --stdio …`.
pub async fn serve() -> ExitCode {
    ToolServer::new("orders", "1.0.0").tools(tools![search_orders]).run().await
}
