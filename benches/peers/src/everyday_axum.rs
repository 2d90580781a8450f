//! The baseline of the everyday load: an axum handler that parses a call into structs and answers it without checks.

mod everyday;

use std::time::Duration;

use axum::{Json, Router, extract::DefaultBodyLimit, routing::post, serve::ListenerExt as _};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Message {
    id: u64,
    params: Params,
}

#[derive(Deserialize)]
struct Params {
    name: String,
    arguments: Arguments,
}

#[derive(Deserialize)]
struct Arguments {
    #[serde(default)]
    text: String,
    #[serde(default)]
    count: u32,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Given {
    Count { count: u32 },
    Text { text: String },
}

#[derive(Serialize)]
struct Answer {
    jsonrpc: &'static str,
    id: u64,
    result: Answered,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    content: [Content; 1],
    structured_content: Given,
    is_error: bool,
}

#[derive(Serialize)]
struct Content {
    #[serde(rename = "type")]
    kind: &'static str,
    text: String,
}

async fn call(Json(Message { id, params }): Json<Message>) -> Json<Answer> {
    let Arguments { text, count } = params.arguments;
    let given = match params.name.as_str() {
        "weigh" => Given::Count { count: text.len() as u32 },
        "give" => Given::Text { text: "x".repeat(count as usize) },
        "nap" | "queue" => {
            tokio::time::sleep(Duration::from_millis(count.into())).await;
            Given::Count { count }
        }
        _ => Given::Count { count: everyday::spend(count) },
    };
    let text = serde_json::to_string(&given).unwrap_or_default();
    let content = [Content { kind: "text", text }];
    Json(Answer {
        jsonrpc: "2.0",
        id,
        result: Answered { content, structured_content: given, is_error: false },
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("the address to listen on is wanted")?;
    let listener = TcpListener::bind(address).await?.tap_io(|stream| drop(stream.set_nodelay(true)));
    let router = Router::new().route("/mcp", post(call)).layer(DefaultBodyLimit::max(4 << 20));
    axum::serve(listener, router).await?;
    Ok(())
}
