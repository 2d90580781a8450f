//! The tools that a server serves.

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
        execute::{Constraints, OutputCheck},
        limits::Concurrency,
        middleware::Middleware,
    },
    tool::{Bound, completion},
};

/// The served tools, in the order of the application's list.
#[derive(Debug)]
pub struct Registry {
    tools: Vec<Arc<RegisteredTool>>,
    /// The versions of each name, newest first.
    families: HashMap<&'static str, Vec<Arc<RegisteredTool>>>,
    /// Headers that middleware reads.
    pub headers: Vec<&'static str>,
}

/// A served tool: one version of a contract, bound to its function.
pub struct RegisteredTool {
    pub(crate) contract: &'static Contract,
    pub(crate) digest: Digest,
    pub(crate) stamp: Arc<ContractStamp>,
    /// Canonical form of the arguments for audit records, without secrets.
    pub(crate) recorded_form: CanonicalForm,
    /// Canonical form of all arguments, to bind questions to a call; `None` if no parameter is secret.
    pub(crate) full_form: Option<CanonicalForm>,
    /// The function, bound to its application state.
    pub bound: Box<dyn Bound>,
    pub(crate) constraints: Constraints,
    pub(crate) output: OutputCheck,
    pub(crate) concurrency: Option<Concurrency>,
    pub(crate) timeout: Option<Duration>,
    /// True if headers mirror arguments of the tool.
    pub(crate) has_headers: bool,
    /// The tool that an adapter delegates to.
    adapts: OnceLock<Arc<RegisteredTool>>,
    /// Middleware around the tool's calls, the outermost first; unset if there is none.
    middleware: OnceLock<Box<[Arc<dyn Middleware>]>>,
    /// True for a destructive tool without a gate that the operator allowed.
    pub(crate) is_allowed_destructive: bool,
}

impl Registry {
    /// Returns all tools, in order.
    pub(crate) fn tools(&self) -> &[Arc<RegisteredTool>] {
        &self.tools
    }

    /// Returns the versions of the tool with this name, newest first.
    pub fn family(&self, name: &str) -> Option<&[Arc<RegisteredTool>]> {
        self.families.get(name).map(Vec::as_slice)
    }
}

impl RegisteredTool {
    /// Returns the tool that an adapter delegates to.
    pub(crate) fn adapts(&self) -> Option<&Arc<RegisteredTool>> {
        self.adapts.get()
    }

    /// Returns this tool, the tool that it delegates to, and so on.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &RegisteredTool> {
        std::iter::successors(Some(self), |tool| tool.adapts().map(|target| &**target))
    }

    /// Returns true if an argument of the tool can be completed.
    pub(crate) fn has_completions(&self) -> bool {
        self.bound.has_completers() || self.contract.input().iter().any(completion::has_listed_values)
    }

    /// Returns the middleware around the tool's calls, the outermost first.
    pub(crate) fn middleware(&self) -> &[Arc<dyn Middleware>] {
        self.middleware.get().map_or(&[], |middleware| middleware)
    }
}

/// Name of an older major version in a list: `list_invoices_v1`.
pub fn older_name(contract: &Contract) -> String {
    format!("{}_v{}", contract.name(), contract.version().major())
}

impl fmt::Debug for RegisteredTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.contract.name(), self.contract.version())
    }
}
