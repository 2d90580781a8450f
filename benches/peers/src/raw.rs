//! A call of `search_orders` and its response as plain structs, without checks. The handwritten servers `raw-axum` and
//! `raw-hyper` use them.

use serde::{Deserialize, Serialize};

/// A `tools/call` message.
#[derive(Deserialize)]
pub struct Request {
    #[expect(dead_code, reason = "parsed, but not used")]
    jsonrpc: String,
    id: u64,
    #[expect(dead_code, reason = "parsed, but not used")]
    method: String,
    params: Params,
}

#[derive(Deserialize)]
struct Params {
    #[expect(dead_code, reason = "parsed, but not used")]
    name: String,
    arguments: Arguments,
}

#[derive(Deserialize)]
struct Arguments {
    query: String,
    limit: u32,
    status: Status,
    tags: Vec<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Paid,
    Closed,
}

#[derive(Serialize)]
struct Found {
    query: String,
    limit: u32,
    status: Status,
    tags: usize,
}

/// The response to a `tools/call` message.
#[derive(Serialize)]
pub struct Response {
    jsonrpc: &'static str,
    id: u64,
    result: CallResult,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallResult {
    content: [Content; 1],
    structured_content: Found,
    is_error: bool,
    /// Member of results in 2026-07-28. Clients of 2025-11-25 ignore it.
    result_type: &'static str,
}

#[derive(Serialize)]
struct Content {
    #[serde(rename = "type")]
    kind: &'static str,
    text: String,
}

impl Response {
    /// Returns the response to a request.
    ///
    /// # Errors
    /// Returns an error if the result can't be serialized.
    pub fn to(request: Request) -> Result<Self, serde_json::Error> {
        let Arguments { query, limit, status, tags } = request.params.arguments;
        let found = Found { query, limit, status, tags: tags.len() };
        let text = serde_json::to_string(&found)?;
        let result = CallResult {
            content: [Content { kind: "text", text }],
            structured_content: found,
            is_error: false,
            result_type: "complete",
        };
        Ok(Response { jsonrpc: "2.0", id: request.id, result })
    }
}
