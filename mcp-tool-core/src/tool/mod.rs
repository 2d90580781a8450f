//! A tool: its contract, and the function behind it once everything that it borrows has been lent.

pub mod adapter;
pub mod completion;
pub mod content;
pub mod page;
pub mod result;
#[cfg(feature = "schemars")]
pub mod schemars;
pub mod stamp;
pub mod state;

use futures_util::future::BoxFuture;
use mcp_tool_contract::{
    model::{Contract, Version},
    read::{arguments::ArgumentText, violation::Violations},
};

use crate::{
    call::context::CallContext,
    error::ToolError,
    tool::{
        completion::Completing,
        result::{AdapterTarget, ToolReturn},
        state::{MissingState, StateMap},
    },
};

/// A function with `#[mcp_tool]`: the type of its name stands beside it and implements this.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tool",
    label = "a function with `#[mcp_tool(…)]` is wanted here"
)]
pub trait Tool: 'static {
    /// What it promises.
    const CONTRACT: Contract;

    /// Where it stands.
    #[doc(hidden)]
    const SOURCE: Source;

    /// The tool that answers for it.
    #[doc(hidden)]
    const ADAPTS: Option<AdapterTarget>;

    /// The result that was locked, where only a running server can judge it: its schema, of that version.
    #[doc(hidden)]
    const LATE: Option<(&'static str, Version)> = None;

    /// The function with everything that it borrows, looked up once.
    ///
    /// # Errors
    /// Where something that it borrows was not lent.
    #[doc(hidden)]
    fn bind(state: &StateMap) -> Result<Box<dyn Bound>, MissingState>;
}

/// Where a tool stands: for a package of the workspace that is compiled, relative to the workspace.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The file.
    pub file: &'static str,
    /// The line.
    pub line: u32,
}

/// A tool that can be called. Only the dispatcher holds one.
#[doc(hidden)]
pub trait Bound: Send + Sync {
    /// Reads the arguments. The function has not begun when this returns, and begins with the first poll.
    fn call<'a>(
        &'a self,
        cx: &'a CallContext,
        arguments: &ArgumentText<'_>,
    ) -> Result<Running<'a>, Violations>;

    /// Reads each parameter's default as its own type does, which const evaluation couldn't.
    fn check_defaults(&self) -> Result<(), Violations>;

    /// What a function has to suggest for that parameter; `None` where no function completes it.
    fn complete<'a>(&'a self, cx: &'a CallContext, parameter: &str, typed: &'a str)
    -> Option<Completing<'a>>;

    /// Whether functions complete arguments of it.
    fn has_completers(&self) -> bool;
}

/// A call whose arguments were read.
#[doc(hidden)]
pub type Running<'a> = BoxFuture<'a, Result<ToolReturn, ToolError>>;

/// One element of [`tools!`](crate::tools).
#[derive(Clone, Copy, Debug)]
pub struct ToolEntry {
    /// Two entries share it exactly when their tools share a name (FNV-1a of it): comparing text in const
    /// evaluation costs seconds where there are hundreds.
    pub(crate) key: u64,
    pub contract: &'static Contract,
    pub source: Source,
    #[doc(hidden)]
    pub adapts: Option<AdapterTarget>,
    pub(crate) late: Option<(&'static str, Version)>,
    pub(crate) bind: fn(&StateMap) -> Result<Box<dyn Bound>, MissingState>,
}

impl ToolEntry {
    /// The entry of a tool.
    #[must_use]
    pub const fn of<T: Tool>() -> Self {
        ToolEntry {
            key: key(T::CONTRACT.name),
            contract: &T::CONTRACT,
            source: T::SOURCE,
            adapts: T::ADAPTS,
            late: T::LATE,
            bind: T::bind,
        }
    }

    /// What the tool promises.
    #[must_use]
    pub const fn contract(&self) -> &'static Contract {
        self.contract
    }
}

const fn key(name: &str) -> u64 {
    let name = name.as_bytes();
    let mut key = 0xcbf2_9ce4_8422_2325;
    let mut i = 0;
    while i < name.len() {
        key = (key ^ name[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        i += 1;
    }
    key
}
