//! The transports stdio and HTTP, and the MCP messages on them.
//!
//! Modern clients speak revision 2026-07-28 or later, and name their protocol version and capabilities in the `_meta`
//! of each request. Legacy clients speak earlier revisions, and send `initialize` once. Over HTTP, `initialize` opens a
//! session if sessions are enabled.
//!
//! | messages | served by |
//! |---|---|
//! | `tools/call`, outside legacy HTTP sessions | `message` parses the raw bytes, the pipeline runs the call, `response` frames the outcome |
//! | `tools/list`, outside legacy HTTP sessions | `listing`, from prebuilt JSON |
//! | `subscriptions/listen` over HTTP, unless the fallback handler accepts it | `http` |
//! | notifications, outside legacy HTTP sessions | the transport, which cancels calls; stdio forwards other notifications to `rmcp`, HTTP ignores them |
//! | all other messages | `rmcp`, through `impl ServerHandler` |
//!
//! `stdio` and `http` own the connections. Both serve the started server, an `endpoint::Endpoint`.

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
mod protocol_error;
mod protocol_version;
mod read_paths;
mod reporting;
#[cfg(feature = "http")]
mod request_headers;
mod response;
mod rmcp;
pub mod stdio;
mod task;
mod tool_result;

/// Internals for `tests/differential` and `benches/instructions` only.
#[doc(hidden)]
pub mod internals {
    pub use super::{
        client_label::ClientLabel,
        message::{ClientMessage, Era, Meta, ToolCall, parse},
        read_paths::{ReadPath, disable_fast_path, take_recorded},
        response::FramedResponse,
        rmcp::Protocol,
    };
}

pub use self::endpoint::Endpoint;
pub(crate) use self::{endpoint::ServerDescription, rmcp::fallback::FallbackHandler};
