//! Our server under the everyday load: calls that are large, slow, CPU-bound, or too many.

mod everyday;

use std::{process::ExitCode, time::Duration};

use mcp_tool_runtime::prelude::*;

/// A number.
#[derive(serde::Serialize, ToolSchema)]
struct Count {
    /// Bytes, milliseconds, or the result of the computation.
    count: u32,
}

/// A text.
#[derive(serde::Serialize, ToolSchema)]
struct Text {
    /// The letters.
    #[schema(max_len = 1_000_000)]
    text: String,
}

/// Return the length of a text.
#[mcp_tool(version = "1.0", public, read_only)]
async fn weigh(
    /// The text.
    #[arg(max_len = 1_000_000)]
    text: String,
) -> Count {
    Count { count: text.len() as u32 }
}

/// Return a text of this length.
#[mcp_tool(version = "1.0", public, read_only)]
async fn give(
    /// The number.
    #[arg(max = 1_000_000)]
    count: u32,
) -> Text {
    Text { text: "x".repeat(count as usize) }
}

/// Answer after a delay in milliseconds.
#[mcp_tool(version = "1.0", public, read_only)]
async fn nap(
    /// The number.
    #[arg(max = 10_000)]
    count: u32,
) -> Count {
    tokio::time::sleep(Duration::from_millis(count.into())).await;
    Count { count }
}

/// Answer after a delay, sixteen calls at a time.
#[mcp_tool(version = "1.0", public, read_only, concurrency = 16)]
async fn queue(
    /// The number.
    #[arg(max = 10_000)]
    count: u32,
) -> Count {
    tokio::time::sleep(Duration::from_millis(count.into())).await;
    Count { count }
}

/// Compute on the async thread that reads and answers.
#[mcp_tool(version = "1.0", public, read_only)]
async fn spend(
    /// The number.
    #[arg(max = 1_000_000)]
    count: u32,
) -> Count {
    Count { count: everyday::spend(count) }
}

/// Compute on a blocking thread, two calls at a time.
#[mcp_tool(version = "1.0", public, read_only, concurrency = 2)]
fn spend_blocking(
    /// The number.
    #[arg(max = 1_000_000)]
    count: u32,
) -> Count {
    Count { count: everyday::spend(count) }
}

#[tokio::main]
async fn main() -> ExitCode {
    ToolServer::new("everyday", env!("CARGO_PKG_VERSION"))
        .tools(tools![weigh, give, nap, queue, spend, spend_blocking])
        .run()
        .await
}
