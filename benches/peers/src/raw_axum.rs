//! The baseline: an axum handler that parses a call into structs and answers it without checks.

mod raw;

use axum::{Json, Router, http::StatusCode, routing::post, serve::ListenerExt as _};
use raw::{Answer, Message};
use tokio::net::TcpListener;

async fn call(Json(message): Json<Message>) -> Result<Json<Answer>, StatusCode> {
    Answer::to(message).map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("the address to listen on is wanted")?;
    let listener = TcpListener::bind(address).await?.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, Router::new().route("/mcp", post(call))).await?;
    Ok(())
}
