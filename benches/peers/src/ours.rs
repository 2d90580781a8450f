//! Our server: `ours serve --http ADDRESS`.

mod orders;

use std::process::ExitCode;

use mcp_tool_runtime::prelude::*;
use orders::search_orders;

#[tokio::main]
async fn main() -> ExitCode {
    ToolServer::new("orders", env!("CARGO_PKG_VERSION")).tools(tools![search_orders]).run().await
}
