//! The tools that a server serves, bound and checked once, when it starts.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use mcp_tool_contract::{digest::Digest, model::Contract};

use crate::{
    execution::OutputCheck,
    lend::{Lent, NotLent},
    limits::Concurrency,
    tool::{Bound, ToolEntry},
};

/// The tools, in the order in which they were listed.
#[derive(Debug)]
pub(crate) struct Registry {
    tools: Vec<Arc<Served>>,
    by_name: HashMap<&'static str, usize>,
}

/// A tool that is served.
pub(crate) struct Served {
    pub(crate) contract: &'static Contract,
    pub(crate) digest: Digest,
    /// The digest as it is stamped on every answer.
    pub(crate) stamp: Arc<str>,
    pub(crate) bound: Box<dyn Bound>,
    pub(crate) output: OutputCheck,
    pub(crate) concurrency: Option<Concurrency>,
    pub(crate) timeout: Option<Duration>,
    /// A destructive tool that the operator allowed although nobody approves its calls.
    pub(crate) allowed: bool,
}

/// Why a server can't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A tool borrows what nobody lent.
    #[error("the tool '{tool}' borrows `&{borrows}`, which nobody lent: add `.lend(…)` or `.lend_with(…)`")]
    NotLent {
        /// The tool.
        tool: &'static str,
        /// The type that it borrows.
        borrows: &'static str,
    },
    /// Two values of one type were lent.
    #[error("two values of the type `{0}` were lent: wrap one in a type of its own")]
    LentTwice(&'static str),
    /// Opening what is lent failed.
    #[error("what the tools borrow could not be opened: {0}")]
    Lending(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Two tools have one name.
    #[error("two tools are named '{0}': give one of them another `name = \"…\"`")]
    Duplicate(&'static str),
    /// A default that the parameter's own type refuses.
    #[error("the tool '{tool}' can't take its own default: {violation}")]
    Default {
        /// The tool.
        tool: &'static str,
        /// Which default, and why not.
        violation: String,
    },
    /// An output schema that can't be used.
    #[error("the output schema of the tool '{tool}' can't be used: {reason}")]
    OutputSchema {
        /// The tool.
        tool: &'static str,
        /// Why not.
        reason: String,
    },
    /// A name that was to be allowed and isn't there.
    #[error("--allow-destructive {given}: {reason}")]
    Allow {
        /// What was given.
        given: String,
        /// Why it can't be allowed.
        reason: String,
    },
    /// A setting that can't be used.
    #[error("{0}")]
    Setting(String),
    /// A socket, a file or a thread.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl Registry {
    /// Binds the tools to what was lent, and allows the destructive ones among them that are named.
    pub(crate) fn bind(
        tools: &[ToolEntry],
        lent: &Lent,
        allow: &HashSet<String>,
    ) -> Result<Self, StartError> {
        let mut registry = Registry { tools: Vec::with_capacity(tools.len()), by_name: HashMap::new() };
        for entry in tools {
            let contract = entry.contract;
            let tool = contract.name;
            let bound =
                (entry.bind)(lent).map_err(|NotLent(borrows)| StartError::NotLent { tool, borrows })?;
            let output = OutputCheck::new(&contract.output)
                .map_err(|reason| StartError::OutputSchema { tool, reason })?;
            let digest = contract
                .digest()
                .map_err(|error| StartError::OutputSchema { tool, reason: error.to_string() })?;
            // What const evaluation couldn't look at: a default against a pattern, a format or a type of its own.
            bound
                .check_defaults()
                .map_err(|violations| StartError::Default { tool, violation: violations.to_string() })?;
            let served = Served {
                contract,
                digest,
                stamp: digest.to_string().into(),
                bound,
                output,
                concurrency: contract.concurrency.and_then(NonZeroU32::new).map(Concurrency::new),
                timeout: contract.timeout_ms.map(Duration::from_millis),
                allowed: allow.contains(tool),
            };
            if registry.by_name.insert(tool, registry.tools.len()).is_some() {
                return Err(StartError::Duplicate(tool));
            }
            registry.tools.push(Arc::new(served));
        }
        registry.check_allowed(allow)?;
        Ok(registry)
    }

    /// The tool of that name.
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<Served>> {
        self.tools.get(*self.by_name.get(name)?)
    }

    /// All tools in order.
    pub(crate) fn tools(&self) -> &[Arc<Served>] {
        &self.tools
    }

    fn check_allowed(&self, allow: &HashSet<String>) -> Result<(), StartError> {
        for name in allow {
            let reason = match self.find(name) {
                Some(tool) if tool.contract.hints.destructive => continue,
                Some(_) => "that tool isn't destructive, and is allowed as it is".to_owned(),
                None => "no tool has that name".to_owned(),
            };
            return Err(StartError::Allow { given: name.clone(), reason });
        }
        Ok(())
    }
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.contract.name, self.contract.version)
    }
}
