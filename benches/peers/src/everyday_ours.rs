//! Our server for the everyday load: many connections, large calls, slow calls and overload. Its tools take or return
//! large texts, wait, or use the processor.

mod everyday;

use std::{process::ExitCode, time::Duration};

use mcp_tool_runtime::prelude::*;

/// Result of all tools except `give`.
#[derive(serde::Serialize, ToolSchema)]
struct Count {
    /// Bytes, milliseconds, or the result of the computation.
    count: u32,
}

/// Result of `give`.
#[derive(serde::Serialize, ToolSchema)]
struct Text {
    /// Repeated `x`.
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

/// Return a text of `count` characters.
#[mcp_tool(version = "1.0", public, read_only)]
async fn give(
    /// Length of the text.
    #[arg(max = 1_000_000)]
    count: u32,
) -> Text {
    Text { text: "x".repeat(count as usize) }
}

/// Answer after a delay.
#[mcp_tool(version = "1.0", public, read_only)]
async fn nap(
    /// Delay in milliseconds.
    #[arg(max = 10_000)]
    count: u32,
) -> Count {
    tokio::time::sleep(Duration::from_millis(count.into())).await;
    Count { count }
}

/// Answer after a delay, sixteen calls at a time.
#[mcp_tool(version = "1.0", public, read_only, concurrency = 16)]
async fn queue(
    /// Delay in milliseconds.
    #[arg(max = 10_000)]
    count: u32,
) -> Count {
    tokio::time::sleep(Duration::from_millis(count.into())).await;
    Count { count }
}

/// Compute on the async thread that reads and answers calls.
#[mcp_tool(version = "1.0", public, read_only)]
async fn spend(
    /// Computing time in microseconds.
    #[arg(max = 1_000_000)]
    count: u32,
) -> Count {
    Count { count: everyday::spend(count) }
}

/// Compute on a blocking thread, two calls at a time.
#[mcp_tool(version = "1.0", public, read_only, concurrency = 2)]
fn spend_blocking(
    /// Computing time in microseconds.
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
