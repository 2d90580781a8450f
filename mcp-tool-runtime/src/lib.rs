//! MCP tools from plain functions, for servers that must survive real agent traffic.
//!
//! A function with [`#[mcp_tool]`](mcp_tool) is a tool. Its signature is the contract: what the agent may send
//! and what it gets back is read off it once, listed, enforced on every call, and stamped on every answer. A
//! [`ToolServer`] serves such tools over stdio and HTTP, in both eras of the protocol.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use mcp_tool_runtime::prelude::*;
//!
//! /// What a parcel weighs and costs.
//! #[derive(serde::Serialize, ToolSchema)]
//! struct Quote {
//!     /// Price in cents.
//!     #[schema(max = 100_000)]
//!     cents: u32,
//! }
//!
//! /// Price of a parcel.
//! #[mcp_tool(version = "1.0", scope = "parcels:read", read_only)]
//! async fn quote(
//!     /// Weight in grams.
//!     #[arg(min = 1, max = 30_000)]
//!     grams: u32,
//! ) -> Result<Quote, ToolError> {
//!     Ok(Quote { cents: 250 + grams / 10 })
//! }
//!
//! #[tokio::main]
//! async fn main() -> ExitCode {
//!     ToolServer::new("parcels", "1.0.0").tools(tools![quote]).run().await
//! }
//! ```
//!
//! # What is borrowed, and what is owned
//! What a function borrows, the server lends: `&CallContext` is the call, any other `&T` was lent by
//! [`ToolServer::lend`]. What it takes owned, the agent sends.

#![cfg_attr(
    not(feature = "cli"),
    allow(dead_code, reason = "only the command line serves; without it, tools are declared and tested")
)]

// The macros name this crate by its path, in its own tests too.
extern crate self as mcp_tool_runtime;

#[doc(hidden)]
pub mod __private;
mod adapt;
mod announce;
mod ask;
mod audit;
#[cfg(feature = "cli")]
mod cli;
mod clock;
mod completion;
mod content;
mod context;
mod contracts;
mod control;
mod dispatch;
mod error;
mod execution;
mod gate;
mod identity;
mod json;
#[cfg(all(test, feature = "http"))]
mod json_tree;
mod lend;
mod limits;
mod middleware;
#[cfg_attr(not(feature = "http"), allow(dead_code, reason = "a file of settings means the same everywhere"))]
mod network;
mod page;
mod policy;
#[cfg(all(test, feature = "http"))]
mod random;
mod registry;
mod report;
mod result;
#[cfg(feature = "schemars")]
mod schemars;
mod seal;
#[cfg(feature = "oauth")]
mod secret;
mod server;
mod stamp;
mod tasks;
pub mod testing;
mod tool;
mod trace;
#[cfg(feature = "oauth")]
mod upstream;
mod usage;
mod versions;
mod wire;

pub use adapt::Adapted;
pub use announce::Announcements;
pub use ask::{Ask, AskError, Form, Reply};
pub use content::{Content, Shown};
pub use context::CallContext;
pub use contracts::ContractError;
pub use error::{ErrorKind, ToolError};
pub use identity::{Caller, CallerKind, Scopes};
pub use mcp_tool_contract::{
    model::{Contract, Hints, Version},
    read::{
        types::{Output, OutputObject, OutputValue, Parameter, Scalar},
        violation::{Rule, Violation, Violations},
    },
};
pub use mcp_tool_macros::{ToolSchema, mcp_tool, tools};
pub use middleware::{Handling, Middleware, Next, Outcome};
pub use page::{Page, PageRequest};
pub use policy::{Authorizer, Deciding, Decision, ScopeAuthorizer};
pub use registry::StartError;
pub use report::Level;
pub use result::ToolResult;
#[cfg(feature = "schemars")]
pub use schemars::Schemars;
pub use server::ToolServer;
pub use tool::{Tool, ToolEntry};
pub use trace::Trace;
#[cfg(feature = "oauth")]
pub use upstream::{Upstream, UpstreamRequest, UpstreamResponse};
#[cfg(feature = "measure")]
#[doc(hidden)]
pub use wire::http::measure;

/// What a file of tools uses.
pub mod prelude {
    pub use crate::{
        CallContext, Caller, Page, PageRequest, ToolError, ToolSchema, ToolServer, mcp_tool, tools,
    };
}
