//! `search_orders` with tower-mcp on its HTTP transport. Bounds are listed in the schema. They are enforced only with
//! the feature `schema-validation`, which is off by default.

mod names;

use axum::serve::ListenerExt as _;
use names::names;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tower_mcp::{
    BoxError, CallToolResult, HttpTransport, McpRouter, Tool, ToolBuilder, stateless::StatelessConfig,
};

/// Status of an order.
#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Paid,
    Closed,
}

#[derive(Deserialize, JsonSchema)]
struct Search {
    /// Text to search for.
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[a-z0-9 -]+$"))]
    query: String,
    /// Maximum results.
    #[schemars(range(min = 1, max = 100))]
    limit: u32,
    /// Status of the orders.
    status: Status,
    /// Tags of the orders.
    #[schemars(length(max = 8), inner(length(max = 16)))]
    tags: Vec<String>,
}

/// Search results.
#[derive(JsonSchema, Serialize)]
struct Found {
    query: String,
    limit: u32,
    status: Status,
    tags: usize,
}

fn search_orders(name: String) -> Tool {
    ToolBuilder::new(name)
        .description("Search orders.")
        .read_only()
        .output_schema_for::<Found>()
        .handler(|Search { query, limit, status, tags }: Search| async move {
            CallToolResult::from_serialize(&Found { query, limit, status, tags: tags.len() })
        })
        .build()
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let address = std::env::args().nth(1).ok_or("missing argument: the address to listen on")?;
    let mut router =
        McpRouter::new().server_info("orders", "1.0.0").tool(search_orders("search_orders".into()));
    for name in names() {
        router = router.tool(search_orders(name));
    }
    // With `stateless`, clients of 2025-11-25 can call without a session too.
    let transport = HttpTransport::new(router).stateless(StatelessConfig::new());
    let listener = TcpListener::bind(address).await?.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, transport.into_router_at("/mcp")).await?;
    Ok(())
}
