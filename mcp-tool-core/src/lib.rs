//! Call pipeline and transports of `mcp-tool-runtime`.
//!
//! This crate is internal to the workspace and changes without notice. Depend on `mcp-tool-runtime` instead.

#![cfg_attr(not(feature = "http"), allow(dead_code, reason = "parts of the pipeline are for HTTP only"))]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(clippy::print_stderr, reason = "`eprintln!` panics if stderr is a closed pipe")]

// Macro-generated code uses paths in `mcp_tool_runtime`. In unit tests of this crate, `mcp_tool_runtime` is this crate
// itself, and the imports below are the items that generated code expects at its root.
#[cfg(test)]
extern crate self as mcp_tool_runtime;
#[cfg(test)]
use {
    ask::Form,
    mcp_tool_contract::{
        model::{Contract, Hints, Version},
        read::types::{Output, OutputObject, OutputValue, Scalar},
    },
    tool::Tool,
};

#[doc(hidden)]
pub mod __private;
#[cfg(feature = "http")]
pub mod address_shares;
pub mod announce;
pub mod application;
pub mod ask;
pub mod audit;
pub mod call;
pub mod clock;
pub mod control;
pub mod error;
pub mod error_chain;
pub mod file_mode;
pub mod file_state;
mod json;
pub mod line_file;
#[cfg(feature = "http")]
mod log_limit;
pub mod network;
pub mod pipeline;
pub mod ports;
pub mod redaction;
pub mod regular_file;
pub mod seal;
pub mod setting;
mod shares;
pub mod start_error;
pub mod sync;
pub mod tasks;
pub mod tool;
pub mod transport;
mod user_rate;
mod watchdog;
