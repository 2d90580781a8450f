//! Contracts of a server compared with its locks: `contract write`, `contract check` and `contract diff`.

mod check;
pub(crate) mod command;
mod error;
mod lock_file;
mod output;
mod report;
mod workspace;
mod write;

use mcp_tool_core::application::Application;

use check::{CheckOptions, ServerContracts, today};
pub use error::ContractError;

/// Compares the contracts of an application with the locks of the workspace that the process runs in.
///
/// # Errors
/// Each failure, on its own line.
pub fn check(application: &Application) -> Result<(), ContractError> {
    let server = ServerContracts { name: &application.name, tools: &application.tools };
    let report = server.check(CheckOptions { against: None, today: &today() })?;
    let failures: Vec<String> = report
        .tools
        .iter()
        .filter_map(|tool| tool.failure.as_ref())
        .map(|(failure, reason)| format!("{}: {reason}", failure.name()))
        .collect();
    if failures.is_empty() { Ok(()) } else { Err(ContractError::new(failures.join("\n"))) }
}
