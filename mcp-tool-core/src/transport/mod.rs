//! Transports: how MCP messages arrive and how their answers leave.
//!
//! | messages | served by |
//! |---|---|
//! | `tools/call`, outside legacy HTTP sessions | `message` parses it from its raw bytes, the pipeline runs it, `response` frames the outcome |
//! | `tools/list` | `listing`, from bytes that were written once |
//! | everything else | `rmcp`, through `impl ServerHandler` |
//!
//! `stdio` and `http` own the connections. Both share `endpoint::Endpoint`, the server as a transport sees it.

mod call;
mod call_error;
mod client_label;
mod endpoint;
#[cfg(feature = "http")]
pub mod http;
mod id;
pub mod listing;
mod log_levels;
mod message;
mod path_counters;
mod protocol_error;
mod protocol_version;
mod reporting;
mod response;
mod rmcp;
pub mod stdio;
mod task;
mod tool_result;

pub use self::endpoint::Endpoint;
pub(crate) use self::{endpoint::ServerDescription, rmcp::fallback::FallbackHandler};
