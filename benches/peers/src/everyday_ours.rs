//! Ours under everyday load: calls that are large, slow, costly, or too many.

mod everyday;

use std::{process::ExitCode, time::Duration};

use mcp_tool_runtime::prelude::*;

/// A number.
#[derive(serde::Serialize, ToolSchema)]
struct Count {
    /// Bytes, milliseconds, or what came of so many turns.
    count: u32,
}

/// A text.
#[derive(serde::Serialize, ToolSchema)]
struct Text {
    /// So many letters.
    #[schema(max_len = 1_000_000)]
    text: String,
}

/// Say how long a text is.
#[mcp_tool(version = "1.0", public, read_only)]
async fn weigh(
    /// The text.
    #[arg(max_len = 1_000_000)]
    text: String,
) -> Count {
    Count { count: text.len() as u32 }
}

/// A text of so many letters.
#[mcp_tool(version = "1.0", public, read_only)]
async fn give(
    /// How many.
    #[arg(max = 1_000_000)]
    count: u32,
) -> Text {
    Text { text: "x".repeat(count as usize) }
}

/// Answer after so many milliseconds.
#[mcp_tool(version = "1.0", public, read_only)]
async fn nap(
    /// How many.
    #[arg(max = 10_000)]
    count: u32,
) -> Count {
    tokio::time::sleep(Duration::from_millis(count.into())).await;
    Count { count }
}

/// The same, and no more than sixteen of them at a time.
#[mcp_tool(version = "1.0", public, read_only, concurrency = 16)]
async fn queue(
    /// How many.
    #[arg(max = 10_000)]
    count: u32,
) -> Count {
    tokio::time::sleep(Duration::from_millis(count.into())).await;
    Count { count }
}

/// Spend so many turns of a processor, on the thread that reads and answers.
#[mcp_tool(version = "1.0", public, read_only)]
async fn spend(
    /// How many.
    #[arg(max = 1_000_000)]
    count: u32,
) -> Count {
    Count { count: everyday::spend(count) }
}

/// The same on a thread beside it, no more than two at a time, as an author writes it who knows that it takes long.
#[mcp_tool(version = "1.0", public, read_only, concurrency = 2)]
fn spend_aside(
    /// How many.
    #[arg(max = 1_000_000)]
    count: u32,
) -> Count {
    Count { count: everyday::spend(count) }
}

#[tokio::main]
async fn main() -> ExitCode {
    ToolServer::new("everyday", env!("CARGO_PKG_VERSION"))
        .tools(tools![weigh, give, nap, queue, spend, spend_aside])
        .run()
        .await
}
