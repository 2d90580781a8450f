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

// The macros name this crate by its path, in its own tests too.
extern crate self as mcp_tool_runtime;

mod server;
pub mod testing;

#[cfg(feature = "oauth")]
pub use mcp_tool_auth::outbound::{Upstream, UpstreamExt, UpstreamRequest, UpstreamResponse};
#[cfg(feature = "cli")]
pub use mcp_tool_cli::contract::ContractError;
pub use mcp_tool_contract::{
    model::{Contract, Hints, Version},
    read::{
        types::{Output, OutputObject, OutputValue, Parameter, Scalar},
        violation::{Rule, Violation, Violations},
    },
};
#[doc(hidden)]
pub use mcp_tool_core::__private;
#[cfg(feature = "schemars")]
pub use mcp_tool_core::tool::schemars::Schemars;
pub use mcp_tool_core::{
    announce::Announcements,
    ask::{Ask, AskError, Form, Reply},
    call::{
        caller::{Caller, CallerKind, Scopes},
        context::CallContext,
        report::LogLevel,
        trace::TraceContext,
    },
    error::{ErrorKind, ToolError},
    pipeline::{
        middleware::{CallResult, Middleware, MiddlewareFuture, Next},
        policy::{Authorizer, Decision, DecisionFuture, ScopeAuthorizer},
    },
    start_error::StartError,
    tool::{
        Tool, ToolEntry,
        adapter::Adapted,
        content::{Content, Structured},
        page::{Page, PageRequest},
        result::ToolResult,
    },
};
pub use mcp_tool_macros::{ToolSchema, mcp_tool, tools};
pub use server::ToolServer;

/// Names that a file of tools uses.
pub mod prelude {
    #[cfg(feature = "oauth")]
    pub use crate::UpstreamExt as _;
    pub use crate::{
        CallContext, Caller, Page, PageRequest, ToolError, ToolSchema, ToolServer, mcp_tool, tools,
    };
}
