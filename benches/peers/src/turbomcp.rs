//! `search_orders` with `#[server]` of turbomcp on its HTTP transport, where clients of 2025-11-25 need a session. The
//! bounds are declared on newtypes, and are enforced.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turbomcp::{
    http::{HttpConfig, ServeHttp as _},
    prelude::*,
};

#[derive(Deserialize, JsonSchema)]
struct Query(#[schemars(length(min = 1, max = 64), regex(pattern = "^[a-z0-9 -]+$"))] String);

#[derive(Deserialize, JsonSchema)]
struct Limit(#[schemars(range(min = 1, max = 100))] u32);

#[derive(Deserialize, JsonSchema)]
struct Tags(#[schemars(length(max = 8), inner(length(max = 16)))] Vec<String>);

/// Status of an order.
#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Paid,
    Closed,
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
struct Orders;

#[server(name = "orders", version = "1.0.0")]
impl Orders {
    /// Search orders.
    #[tool(description = "Search orders.")]
    async fn search_orders(&self, query: Query, limit: Limit, status: Status, tags: Tags) -> Json<Found> {
        Json(Found { query: query.0, limit: limit.0, status, tags: tags.0.len() })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("missing argument: the address to listen on")?;
    Orders.into_server().run_http(address.parse()?, HttpConfig::new()).await?;
    Ok(())
}
