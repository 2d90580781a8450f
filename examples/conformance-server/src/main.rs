//! What the protocol's official conformance suite asks of a server: its tools are functions, and its prompts and
//! resources an rmcp handler beside them. `cargo run -p conformance-server -- serve --http 127.0.0.1:8080`.
//!
//! Names, texts and values are the suite's.

mod asking;
mod content;
mod reporting;
mod rest;
mod skills;
mod tasks;

use std::process::ExitCode;

use mcp_tool_runtime::prelude::*;

#[tokio::main]
async fn main() -> ExitCode {
    ToolServer::new("conformance-server", env!("CARGO_PKG_VERSION"))
        .instructions("Fixtures of the conformance suite.")
        .tools(content::TOOLS)
        .tools(reporting::TOOLS)
        .tools(asking::TOOLS)
        .tools(tasks::TOOLS)
        .beside(rest::PromptsAndResources)
        .legacy_sessions(64)
        .run()
        .await
}
