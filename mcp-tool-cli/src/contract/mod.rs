//! The command `contract`. `contract write` writes a server's contracts to the locks, the files `mcp-tools.lock` of
//! their packages. `contract check` and `contract diff` compare the contracts with the locks, and `contract explain`
//! explains a rule by which changes of contracts are classified.

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
/// All failures that the comparison finds, or the reason why contracts and locks can't be compared.
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
