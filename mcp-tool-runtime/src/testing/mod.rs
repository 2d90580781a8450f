//! Calls tools in tests, through the whole pipeline and without a transport.
//!
//! ```
//! use mcp_tool_runtime::{Caller, ErrorKind, prelude::*, testing::TestServer};
//!
//! /// Half of a number.
//! #[mcp_tool(version = "1.0", scope = "numbers:read", read_only)]
//! async fn halve(/** An even number. */ #[arg(min = 0)] number: i64) -> Result<String, ToolError> {
//!     match number % 2 {
//!         0 => Ok((number / 2).to_string()),
//!         _ => Err(ToolError::refused("only even numbers have a half here")),
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = TestServer::start(ToolServer::new("numbers", "1.0.0").tools(tools![halve])).await?;
//! assert_eq!(server.call("halve", serde_json::json!({ "number": 8 })).await?.text(), "4");
//!
//! let refused = server.call("halve", serde_json::json!({ "number": 7 })).await.unwrap_err();
//! assert_eq!(refused.kind(), Some(ErrorKind::Refused));
//!
//! let ann = server.as_caller(Caller::new("ann").with_scopes(["letters:read"]));
//! assert_eq!(ann.call("halve", serde_json::json!({ "number": 8 })).await.unwrap_err().missing_scopes(), ["numbers:read"]);
//! # Ok(())
//! # }
//! ```

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

/// Compares a server's contracts with the locks of the workspace that the test runs in, as `contract check` does.
///
/// # Errors
/// Each difference, on its own line.
#[cfg(feature = "cli")]
pub fn check_contracts(server: &ToolServer) -> Result<(), crate::ContractError> {
    mcp_tool_cli::contract::check(&server.application)
}
