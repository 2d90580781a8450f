//! The tool `search_orders` with `#[tool]` of rmcp on its stdio transport. The input schema lists the bounds, but rmcp
//! doesn't enforce them.

use std::process::ExitCode;

use rmcp::{
    Json, ServerHandler, ServiceExt as _,
    handler::server::{router::tool::ToolRouter, wrapper::Parameters},
    schemars::JsonSchema,
    tool, tool_handler, tool_router,
    transport::stdio,
};
use serde::{Deserialize, Serialize};

/// Status of an order.
#[derive(Deserialize, JsonSchema, Serialize)]
#[schemars(crate = "rmcp::schemars")]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Paid,
    Closed,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
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
#[schemars(crate = "rmcp::schemars")]
struct Found {
    query: String,
    limit: u32,
    status: Status,
    tags: usize,
}

struct Orders {
    tool_router: ToolRouter<Self>,
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

pub async fn serve() -> ExitCode {
    let orders = Orders { tool_router: Orders::tool_router() };
    let Ok(service) = orders.serve(stdio()).await else { return ExitCode::FAILURE };
    match service.waiting().await {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
