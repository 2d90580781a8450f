//! The pipeline and the transports behind `mcp-tool-runtime`, which is the crate to depend on.
//!
//! Everything here is internal to the workspace's crates and changes without notice.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(feature = "http"), allow(dead_code, reason = "a part of the pipeline is for HTTP alone"))]

// The macros name the façade by its path, in this crate's unit tests too.
#[cfg(test)]
extern crate self as mcp_tool_runtime;
#[cfg(test)]
use {
    ask::Form,
    mcp_tool_contract::read::types::{Output, OutputObject, OutputValue, Scalar},
};

#[doc(hidden)]
pub mod __private;
pub mod announce;
pub mod application;
pub mod ask;
pub mod audit;
pub mod call;
pub mod clock;
pub mod control;
pub mod error;
mod json;
#[cfg(all(test, feature = "http"))]
mod json_tree;
pub mod network;
pub mod pipeline;
pub mod ports;
#[cfg(all(test, feature = "http"))]
mod random;
pub mod seal;
pub mod setting;
pub mod start_error;
pub mod sync;
pub mod tasks;
pub mod tool;
pub mod transport;
