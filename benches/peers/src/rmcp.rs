//! `search_orders` with `#[tool]` of rmcp on its HTTP service, without sessions and with plain JSON responses. Bounds
//! are listed in the schema, but not enforced, because rmcp doesn't validate arguments.

mod names;

use std::sync::Arc;

use axum::{Router, serve::ListenerExt as _};
use names::names;
use rmcp::{
    Json, ServerHandler,
    handler::server::{
        router::tool::{ToolRoute, ToolRouter},
        wrapper::Parameters,
    },
    schemars::JsonSchema,
    tool, tool_handler, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

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

#[derive(Clone)]
struct Orders {
    // Shared, because the service creates an `Orders` for each request.
    tool_router: Arc<ToolRouter<Self>>,
}

#[tool_router]
impl Orders {
    /// Search orders.
    #[tool]
    async fn search_orders(&self, Parameters(search): Parameters<Search>) -> Json<Found> {
        let Search { query, limit, status, tags } = search;
        Json(Found { query, limit, status, tags: tags.len() })
    }
}

// The router is built once; by default the macro builds one per call.
#[tool_handler(router = self.tool_router)]
impl ServerHandler for Orders {}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("missing argument: the address to listen on")?;
    let mut tools = Orders::tool_router();
    for name in names() {
        // The entry of the list that `#[tool]` generates.
        let mut tool = Orders::search_orders_tool_attr();
        tool.name = name.into();
        tools.add_route(ToolRoute::new(tool, Orders::search_orders));
    }
    let orders = Orders { tool_router: Arc::new(tools) };
    let config =
        StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    let service = StreamableHttpService::new(
        move || Ok(orders.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    let listener = TcpListener::bind(address).await?.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, Router::new().nest_service("/mcp", service)).await?;
    Ok(())
}
