//! Baseline: an axum handler that parses a call of `search_orders` into structs and answers it without checks.

mod raw;

use axum::{Json, Router, http::StatusCode, routing::post, serve::ListenerExt as _};
use raw::{Request, Response};
use tokio::net::TcpListener;

async fn call(Json(request): Json<Request>) -> Result<Json<Response>, StatusCode> {
    Response::to(request).map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("missing argument: the address to listen on")?;
    let listener = TcpListener::bind(address).await?.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, Router::new().route("/mcp", post(call))).await?;
    Ok(())
}
