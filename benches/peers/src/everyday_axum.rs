//! Baseline for the server `everyday-ours`: an axum handler that has the same tools, parses a call into structs, and
//! answers it without checks. It has no limit of concurrent calls, and `spend_blocking` computes on the thread that
//! reads calls, like `spend`.

mod everyday;

use std::time::Duration;

use axum::{Json, Router, extract::DefaultBodyLimit, routing::post, serve::ListenerExt as _};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Request {
    id: u64,
    params: Params,
}

#[derive(Deserialize)]
struct Params {
    name: String,
    arguments: Arguments,
}

/// Arguments of all tools. Each tool has one of them.
#[derive(Deserialize)]
struct Arguments {
    #[serde(default)]
    text: String,
    #[serde(default)]
    count: u32,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Output {
    Count { count: u32 },
    Text { text: String },
}

#[derive(Serialize)]
struct Response {
    jsonrpc: &'static str,
    id: u64,
    result: CallResult,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallResult {
    content: [Content; 1],
    structured_content: Output,
    is_error: bool,
}

#[derive(Serialize)]
struct Content {
    #[serde(rename = "type")]
    kind: &'static str,
    text: String,
}

async fn call(Json(Request { id, params }): Json<Request>) -> Json<Response> {
    let Arguments { text, count } = params.arguments;
    let output = match params.name.as_str() {
        "weigh" => Output::Count { count: text.len() as u32 },
        "give" => Output::Text { text: "x".repeat(count as usize) },
        "nap" | "queue" => {
            tokio::time::sleep(Duration::from_millis(count.into())).await;
            Output::Count { count }
        }
        // `spend` and `spend_blocking`.
        _ => Output::Count { count: everyday::spend(count) },
    };
    let text = serde_json::to_string(&output).unwrap_or_default();
    let content = [Content { kind: "text", text }];
    Json(Response {
        jsonrpc: "2.0",
        id,
        result: CallResult { content, structured_content: output, is_error: false },
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("missing argument: the address to listen on")?;
    let listener = TcpListener::bind(address).await?.tap_io(|stream| drop(stream.set_nodelay(true)));
    let router = Router::new().route("/mcp", post(call)).layer(DefaultBodyLimit::max(4 << 20));
    axum::serve(listener, router).await?;
    Ok(())
}
