//! The registry of the tools that a server serves.

mod bind;
mod check;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use mcp_tool_contract::{digest::Digest, model::Contract, read::canonical::CanonicalForm};

use crate::{
    call::stamp::ContractStamp,
    pipeline::{
        checks::{Constraints, OutputCheck},
        limits::Concurrency,
        middleware::Middleware,
    },
    tool::{Bound, completion},
};

/// The served tools, in the order of the application's list.
#[derive(Debug)]
pub struct Registry {
    tools: Vec<Arc<RegisteredTool>>,
    /// The served versions of each tool, by name; the newest version first.
    families: HashMap<&'static str, Vec<Arc<RegisteredTool>>>,
    /// Names of the headers that middleware reads.
    pub headers: Vec<&'static str>,
}

/// A served version of a tool: its contract, and its function bound to application state.
pub struct RegisteredTool {
    pub(crate) contract: &'static Contract,
    /// Digest of the contract.
    pub(crate) digest: Digest,
    /// Version and contract digest as text, for answers and audit records.
    pub(crate) stamp: Arc<ContractStamp>,
    /// Makes the canonical form of the arguments without secrets: equal arguments have the same form. Audit records
    /// contain the digest of this form.
    pub(crate) recorded_form: CanonicalForm,
    /// Makes the canonical form of all arguments. Questions to the user are bound to the digest of this form, so that
    /// an answer counts only for the same arguments. `None` if no parameter is secret, because `recorded_form` then
    /// includes all arguments.
    pub(crate) full_form: Option<CanonicalForm>,
    /// The tool's function, bound to application state.
    pub bound: Box<dyn Bound>,
    /// Checks the conditions among arguments that the tool declares.
    pub(crate) constraints: Constraints,
    /// Checks results against the output contract.
    pub(crate) output: OutputCheck,
    /// Limit of the tool's concurrent calls, if the tool declares one.
    pub(crate) concurrency: Option<Concurrency>,
    /// Timeout that the tool declares, if any.
    pub(crate) timeout: Option<Duration>,
    /// `true` if the tool declares headers that mirror its arguments (`Mcp-Param-…`).
    pub(crate) has_headers: bool,
    /// The target of an adapter: the newer version that the adapter calls. Unset for other tools.
    adapts: OnceLock<Arc<RegisteredTool>>,
    /// Middleware around calls of the tool, the outermost first; unset if there is none.
    middleware: OnceLock<Box<[Arc<dyn Middleware>]>>,
    /// `true` if the operator named the tool in `--allow-destructive`.
    pub(crate) is_allowed_destructive: bool,
}

impl Registry {
    /// Returns all tools, in the order of the application's list.
    pub(crate) fn tools(&self) -> &[Arc<RegisteredTool>] {
        &self.tools
    }

    /// Returns the served versions of the tool with this name, newest first; `None` if no tool has the name.
    pub fn family(&self, name: &str) -> Option<&[Arc<RegisteredTool>]> {
        self.families.get(name).map(Vec::as_slice)
    }
}

impl RegisteredTool {
    /// Returns the target of an adapter (the newer version that it calls); `None` for other tools.
    pub(crate) fn adapts(&self) -> Option<&Arc<RegisteredTool>> {
        self.adapts.get()
    }

    /// Returns this tool. If it is an adapter, its target follows. If the target is an adapter too, the target's own
    /// target follows, and so on.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &RegisteredTool> {
        std::iter::successors(Some(self), |tool| tool.adapts().map(|target| &**target))
    }

    /// Returns `true` if at least one argument of the tool can be completed.
    pub(crate) fn has_completions(&self) -> bool {
        self.bound.has_completers() || self.contract.input().iter().any(completion::has_listed_values)
    }

    /// Returns the middleware around calls of the tool, the outermost first.
    pub(crate) fn middleware(&self) -> &[Arc<dyn Middleware>] {
        self.middleware.get().map_or(&[], |middleware| middleware)
    }
}

/// Returns the name under which lists show an older major version, such as `list_invoices_v1`.
pub fn older_name(contract: &Contract) -> String {
    format!("{}_v{}", contract.name(), contract.version().major())
}

impl fmt::Debug for RegisteredTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.contract.name(), self.contract.version())
    }
}
