//! A tool: its contract, its function bound to application state, and the types that functions take and return.

pub mod adapter;
pub mod answer;
pub mod completion;
pub mod content;
mod encode;
pub mod page;
pub mod result;
pub mod returning;
#[cfg(feature = "schemars")]
pub mod schemars;
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
        answer::{AdapterTarget, ToolReturn},
        completion::CompletionFuture,
        state::{MissingState, StateMap},
    },
};

/// A tool. `#[mcp_tool]` generates a type with the function's name, which implements this trait.
///
/// Use that type to refer to a tool, as in [`Adapted<T>`](crate::tool::adapter::Adapted), or to read a tool's contract
/// in a constant. Don't implement this trait by hand.
///
/// ```
/// use mcp_tool_runtime::{Tool, prelude::*};
///
/// /// Greet someone.
/// #[mcp_tool(version = "2.1", public, read_only)]
/// fn greet(/** Name. */ name: String) -> String {
///     format!("Hello, {name}!")
/// }
///
/// assert_eq!(greet::CONTRACT.version().to_string(), "2.1");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tool",
    label = "write the name of a function with `#[mcp_tool(…)]`"
)]
pub trait Tool: 'static {
    /// The tool's contract.
    const CONTRACT: Contract;

    /// File and line of the tool's declaration.
    #[doc(hidden)]
    const SOURCE: Source;

    /// The tool that an adapter calls; `None` for a tool that isn't an adapter.
    #[doc(hidden)]
    const ADAPTS: Option<AdapterTarget>;

    /// The tool's output schema (as JSON text) and version in the lock (`mcp-tools.lock`), if the schema is generated
    /// at run time (`Schemars<T>`), so that the compiler can't compare it. `None` for other tools, and for tools that
    /// aren't in the lock.
    #[doc(hidden)]
    const LOCKED_SCHEMA: Option<(&'static str, Version)> = None;

    /// Binds the function to the application state that it borrows.
    ///
    /// # Errors
    /// If no value of a borrowed type is registered.
    #[doc(hidden)]
    fn bind(state: &StateMap) -> Result<Box<dyn Bound>, MissingState>;
}

/// Package, file and line of a tool's declaration.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Name of the package whose lock has the tool's contract; empty if it is unknown.
    pub package: &'static str,
    /// Path of the file, as the compiler knows it: for a package of a workspace usually relative to the root of the
    /// workspace in which the package was compiled.
    pub file: &'static str,
    /// Number of the line, from 1.
    pub line: u32,
}

/// A tool whose function is bound to application state.
#[doc(hidden)]
pub trait Bound: Send + Sync {
    /// Reads and validates the arguments. The tool's function begins when the returned future is first polled.
    fn call<'a>(
        &'a self,
        cx: &'a CallContext,
        arguments: &ArgumentText<'_>,
    ) -> Result<Running<'a>, Violations>;

    /// Checks each default by the type of its parameter, for rules that const evaluation can't check, such as patterns.
    fn check_defaults(&self) -> Result<(), Violations>;

    /// Calls the function that completes `parameter`, with the text that the user has typed, and returns its future.
    /// `None` if the parameter has no such function.
    fn complete<'a>(
        &'a self,
        cx: &'a CallContext,
        parameter: &str,
        typed: &'a str,
    ) -> Option<CompletionFuture<'a>>;

    /// Returns `true` if at least one of the tool's parameters has a function that completes it.
    fn has_completers(&self) -> bool;
}

/// Future of a call whose arguments have been read. It runs the tool's function.
#[doc(hidden)]
pub type Running<'a> = BoxFuture<'a, Result<ToolReturn, ToolError>>;

/// One tool of a server: an element of the list that `tools![…]` makes.
///
/// ```
/// use mcp_tool_runtime::{ToolEntry, prelude::*};
///
/// /// Add two numbers.
/// #[mcp_tool(version = "1.0", public, read_only)]
/// fn add(/** Left. */ left: i32, /** Right. */ right: i32) -> String {
///     format!("{}", i64::from(left) + i64::from(right))
/// }
///
/// const TOOLS: &[ToolEntry] = tools![add];
/// assert_eq!(TOOLS[0].contract().name(), "add");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ToolEntry {
    /// FNV-1a hash of the tool's name, by which `tools!` finds duplicates at compile time. For hundreds of tools,
    /// comparing the names in const evaluation would take seconds.
    pub(crate) key: u64,
    contract: &'static Contract,
    /// File and line of the tool's declaration.
    #[doc(hidden)]
    pub source: Source,
    /// [`Tool::ADAPTS`].
    #[doc(hidden)]
    pub adapts: Option<AdapterTarget>,
    /// [`Tool::LOCKED_SCHEMA`].
    pub(crate) locked_schema: Option<(&'static str, Version)>,
    /// [`Tool::bind`].
    pub(crate) bind: fn(&StateMap) -> Result<Box<dyn Bound>, MissingState>,
}

impl ToolEntry {
    /// Returns the entry of the tool `T`.
    #[must_use]
    pub const fn of<T: Tool>() -> Self {
        ToolEntry {
            key: fnv1a(T::CONTRACT.name()),
            contract: &T::CONTRACT,
            source: T::SOURCE,
            adapts: T::ADAPTS,
            locked_schema: T::LOCKED_SCHEMA,
            bind: T::bind,
        }
    }

    /// Returns the tool's contract.
    #[must_use]
    pub const fn contract(&self) -> &'static Contract {
        self.contract
    }

    /// Returns the entry with this contract and this value of [`Tool::ADAPTS`] instead of its own. Tests of many
    /// contracts use it.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_contract(mut self, contract: &'static Contract, adapts: Option<AdapterTarget>) -> Self {
        self.contract = contract;
        self.adapts = adapts;
        self
    }
}

/// Returns the 64-bit FNV-1a hash of a name.
const fn fnv1a(name: &str) -> u64 {
    let name = name.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut i = 0;
    while i < name.len() {
        hash = (hash ^ name[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        i += 1;
    }
    hash
}
