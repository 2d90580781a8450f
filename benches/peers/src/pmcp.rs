//! pmcp's `#[mcp_tool]` on its HTTP server, stateless. Its rules of the feature `validation` are `garde`'s and are
//! refused by the macro's plain tools; bounds stand in the schema alone.

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

/// How an order stands.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Paid,
    Closed,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Search {
    /// What to look for.
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[a-z0-9 -]+$"))]
    query: String,
    /// How many at most.
    #[schemars(range(min = 1, max = 100))]
    limit: u32,
    /// How they stand.
    status: Status,
    /// Tags that they carry.
    #[schemars(length(max = 8), inner(length(max = 16)))]
    tags: Vec<String>,
}

/// What was found.
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
    let address = std::env::args().nth(1).ok_or("the address to listen on is wanted")?;
    let mut server = Server::builder()
        .name("orders")
        .version("1.0.0")
        .capabilities(ServerCapabilities::tools_only())
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
