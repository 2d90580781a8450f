//! Server with the fixtures that the official MCP conformance suite tests: tools as functions, and prompts, resources,
//! skills and completions in an rmcp fallback handler. Run it by
//! `cargo run -p conformance-server -- serve --http 127.0.0.1:8080`.
//!
//! The suite prescribes the names of tools, prompts and form fields, the URIs of resources, and most texts and values.

mod content;
mod input_requests;
mod notifications;
mod prompts_and_resources;
mod skills;
mod tasks;

use std::process::ExitCode;

use mcp_tool_runtime::prelude::*;

fn main() -> ExitCode {
    ToolServer::new("conformance-server", env!("CARGO_PKG_VERSION"))
        .instructions("Fixtures of the conformance suite.")
        .tools(content::TOOLS)
        .tools(notifications::TOOLS)
        .tools(input_requests::TOOLS)
        .tools(tasks::TOOLS)
        .fallback(prompts_and_resources::PromptsAndResources)
        // Over HTTP, clients of 2025-11-25 can be asked questions only in a session.
        .legacy_sessions(64)
        .run_blocking()
}
