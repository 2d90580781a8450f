#![doc = include_str!("../GUIDE.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// Code that the macros generate refers to this crate as `mcp_tool_runtime`, even in doc tests and tests of this crate.
extern crate self as mcp_tool_runtime;

pub mod contract;
// Documents the keys of the attributes, and has no code.
#[cfg(any(doc, doctest))]
pub mod keys;
mod server;
pub mod testing;

/// Compiles the snippet of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

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
// Items that macro-generated code uses.
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
        log_level::LogLevel,
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

/// Items that most files with tools import: `use mcp_tool_runtime::prelude::*;`.
pub mod prelude {
    #[cfg(feature = "oauth")]
    pub use crate::UpstreamExt as _;
    pub use crate::{
        CallContext, Caller, Page, PageRequest, ToolError, ToolSchema, ToolServer, mcp_tool, tools,
    };
}
