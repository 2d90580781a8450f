//! [`TestServer`], which calls tools in tests through the whole pipeline, without a transport; `check_contracts`, which
//! compares a server's contracts with their locks.
//!
//! The [guide](crate#testing) has an example.

mod person;
mod records;
mod result;
mod server;

pub use self::{
    result::{TestError, TestResult},
    server::TestServer,
};
#[cfg(feature = "cli")]
use crate::ToolServer;

/// Compares a server's contracts with the locks (`mcp-tools.lock`) of the workspace that the test runs in, as the
/// command `contract check` does.
///
/// # Errors
/// All differences that make `contract check` fail, or the reason why contracts and locks can't be compared.
#[cfg(feature = "cli")]
pub fn check_contracts(server: &ToolServer) -> Result<(), crate::ContractError> {
    mcp_tool_cli::contract::check(&server.application)
}
