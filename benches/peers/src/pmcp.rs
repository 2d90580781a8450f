//! `search_orders` with `#[mcp_tool]` of pmcp on its stateless HTTP server. Bounds are listed in the schema, but not
//! enforced: pmcp's feature `validation` uses the crate `garde`, which does not work with plain tools of this macro.

mod names;

use std::sync::Arc;

use names::names;
use pmcp::{
    Server, ServerCapabilities, mcp_tool,
    server::streamable_http_server::{StreamableHttpServer, StreamableHttpServerConfig},
    types::{
        ProtocolVersion,
        protocol::{LATEST_PROTOCOL_VERSION, PROTOCOL_VERSION_2026_07_28},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// Status of an order.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Paid,
    Closed,
}

#[derive(Debug, Deserialize, JsonSchema)]
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
#[derive(Debug, JsonSchema, Serialize)]
struct Found {
    query: String,
    limit: u32,
    status: Status,
    tags: usize,
}

#[mcp_tool(description = "Search orders.")]
async fn search_orders(args: Search) -> pmcp::Result<Found> {
    let Search { query, limit, status, tags } = args;
    Ok(Found { query, limit, status, tags: tags.len() })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("missing argument: the address to listen on")?;
    let mut server = Server::builder()
        .name("orders")
        .version("1.0.0")
        .capabilities(ServerCapabilities::tools_only())
        // `LATEST_PROTOCOL_VERSION` is 2025-11-25.
        .with_supported_protocol_versions([
            ProtocolVersion(LATEST_PROTOCOL_VERSION.to_string()),
            ProtocolVersion(PROTOCOL_VERSION_2026_07_28.to_string()),
        ])
        .tool("search_orders", search_orders());
    for name in names() {
        server = server.tool(name, search_orders());
    }
    let server = StreamableHttpServer::with_config(
        address.parse()?,
        Arc::new(Mutex::new(server.build()?)),
        StreamableHttpServerConfig::stateless(),
    );
    let (_, serving) = server.start().await?;
    serving.await?;
    Ok(())
}
