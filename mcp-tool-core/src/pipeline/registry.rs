//! The tools that a server serves, bound and checked once, when it starts.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    num::NonZeroU32,
    sync::{Arc, OnceLock},
    time::Duration,
};

use mcp_tool_contract::{
    digest::Digest,
    judge,
    model::{Contract, ToolOutput},
    name::{MAX_NAME, nearest},
    read::canonical::CanonicalForm,
};

use crate::start_error::StartError;
use crate::{
    pipeline::{
        constraints::Constraints,
        limits::Concurrency,
        middleware::{self, Layer, Middleware},
        output::OutputCheck,
    },
    tool::{
        Bound, ToolEntry, completion,
        stamp::Stamp,
        state::{MissingState, StateMap},
    },
};

/// The tools, in the order in which they were listed.
#[derive(Debug)]
pub struct Registry {
    tools: Vec<Arc<RegisteredTool>>,
    /// The versions of each name, newest first.
    families: HashMap<&'static str, Vec<Arc<RegisteredTool>>>,
    /// The headers that layers ask for.
    pub headers: Vec<&'static str>,
}

/// A tool that is served.
pub struct RegisteredTool {
    pub(crate) contract: &'static Contract,
    pub(crate) digest: Digest,
    /// What stands on its answers and records.
    pub(crate) stamp: Arc<Stamp>,
    /// The arguments as records tell them apart.
    pub(crate) form: CanonicalForm,
    /// All of them, for what is bound to a call, where records leave some out.
    pub(crate) whole: Option<CanonicalForm>,
    pub bound: Box<dyn Bound>,
    pub(crate) constraints: Constraints,
    pub(crate) output: OutputCheck,
    pub(crate) concurrency: Option<Concurrency>,
    pub(crate) timeout: Option<Duration>,
    /// Whether headers mirror arguments of it.
    #[cfg(feature = "http")]
    pub(crate) has_headers: bool,
    /// The version that answers for this one.
    adapts: OnceLock<Arc<RegisteredTool>>,
    /// Around its calls, the outermost first; unset where there are none.
    layers: OnceLock<Box<[Arc<dyn Middleware>]>>,
    /// A destructive tool that the operator allowed although nobody approves its calls.
    pub(crate) allowed: bool,
}

impl Registry {
    /// Binds the tools to what was lent, allows the destructive ones among them that are named, and lays the layers
    /// around them.
    pub(crate) fn bind(
        tools: &[ToolEntry],
        state: &StateMap,
        allow: &HashSet<String>,
        layers: &[Layer],
    ) -> Result<Self, StartError> {
        let mut registry = Registry {
            tools: Vec::with_capacity(tools.len()),
            families: HashMap::new(),
            headers: middleware::asked_for(layers)?,
        };
        for entry in tools {
            let contract = entry.contract;
            let tool = contract.name;
            let bound = (entry.bind)(state)
                .map_err(|MissingState(needs)| StartError::MissingState { tool, needs })?;
            let output = OutputCheck::new(&contract.output)
                .map_err(|reason| StartError::OutputSchema { tool, reason })?;
            let constraints =
                Constraints::new(contract).map_err(|reason| StartError::Constraints { tool, reason })?;
            judge_late(entry)?;
            let digest = contract
                .digest()
                .map_err(|error| StartError::OutputSchema { tool, reason: error.to_string() })?;
            // What const evaluation couldn't look at: a default against a pattern, a format or a type of its own.
            bound
                .check_defaults()
                .map_err(|violations| StartError::Default { tool, violation: violations.to_string() })?;
            let served = RegisteredTool {
                contract,
                digest,
                stamp: Arc::new(Stamp::new(contract, digest)),
                form: CanonicalForm::new(contract.input, |param| param.secret),
                whole: contract
                    .input
                    .iter()
                    .any(|param| param.secret)
                    .then(|| CanonicalForm::new(contract.input, |_| false)),
                bound,
                constraints,
                output,
                concurrency: contract.concurrency.and_then(NonZeroU32::new).map(Concurrency::new),
                timeout: contract.timeout_ms.map(Duration::from_millis),
                #[cfg(feature = "http")]
                has_headers: contract.input.iter().any(|param| param.header.is_some()),
                allowed: allow.contains(tool),
                adapts: OnceLock::new(),
                layers: OnceLock::new(),
            };
            let served = Arc::new(served);
            let family = registry.families.entry(tool).or_default();
            if family.iter().any(|other| other.contract.version.major == contract.version.major) {
                return Err(StartError::Duplicate(tool));
            }
            family.push(Arc::clone(&served));
            family.sort_by_key(|tool| Reverse(tool.contract.version));
            registry.tools.push(served);
        }
        for (entry, served) in tools.iter().zip(&registry.tools) {
            registry.adapt(entry, served)?;
        }
        for tool in &registry.tools {
            if tool.chain().nth(registry.tools.len()).is_some() {
                let Contract { name, version, .. } = *tool.contract;
                let reason = "calls itself in the end: an adapter calls a newer version".to_owned();
                return Err(StartError::Adapter { tool: name, version, reason });
            }
        }
        for family in registry.families.values() {
            // Clients take names of 64 characters at most.
            let older = family.iter().skip(1).map(|tool| older_name(tool.contract));
            if let Some(long) = older.into_iter().find(|name| name.len() > MAX_NAME) {
                return Err(StartError::Setting(format!(
                    "the older version '{long}' has a name of over {MAX_NAME} characters: give the tool a shorter one"
                )));
            }
        }
        registry.check_allowed(allow)?;
        registry.lay(layers)?;
        Ok(registry)
    }

    /// The versions of the tool of that name, newest first.
    pub fn family(&self, name: &str) -> Option<&[Arc<RegisteredTool>]> {
        self.families.get(name).map(Vec::as_slice)
    }

    /// Finds what an adapter calls. It stands for it: what it says of effects must hold of both.
    fn adapt(&self, entry: &ToolEntry, served: &RegisteredTool) -> Result<(), StartError> {
        let Some(target) = entry.adapts else { return Ok(()) };
        let Contract { name, version, hints, .. } = *served.contract;
        let refused = |reason: String| Err(StartError::Adapter { tool: name, version, reason });
        let family = self.family(target.name).unwrap_or_default();
        let Some(found) = family.iter().find(|tool| tool.contract.version == target.version) else {
            return refused(format!(
                "'{}' {}, which it calls, isn't served beside it",
                target.name, target.version
            ));
        };
        let (theirs, called) = (found.contract.hints, format!("'{}' {}", target.name, target.version));
        if hints.read_only && !theirs.read_only {
            return refused(format!("is `read_only`, and {called} isn't"));
        }
        if theirs.destructive && !hints.destructive {
            return refused(format!("isn't `destructive`, and {called} is"));
        }
        if theirs.open_world && !hints.open_world {
            return refused(format!("isn't `open_world`, and {called} is"));
        }
        // What it promises of scopes is judged; what it needs is no less.
        let missing = found
            .contract
            .required_scopes()
            .find(|scope| !served.contract.required_scopes().any(|own| own == *scope));
        if let Some(missing) = missing {
            return refused(format!("doesn't name the scope '{missing}', which {called} needs"));
        }
        let unnamed =
            found.contract.upstreams.iter().find(|upstream| !served.contract.upstreams.contains(upstream));
        if let Some(unnamed) = unnamed {
            return refused(format!("doesn't name the upstream '{unnamed}', which {called} reaches"));
        }
        // There is one link a tool.
        drop(served.adapts.set(Arc::clone(found)));
        Ok(())
    }

    /// Lays layers around the tools that they are for, and around those that stand for one of them: an older version
    /// is no way around a layer.
    fn lay(&self, layers: &[Layer]) -> Result<(), StartError> {
        for tool in layers.iter().filter_map(Layer::tools).flatten().map(|entry| entry.contract.name) {
            if self.family(tool).is_none() {
                let nearest = nearest(tool, self.tools.iter().map(|tool| tool.contract.name));
                return Err(StartError::LayerFor { tool, nearest });
            }
        }
        for served in &self.tools {
            let around = layers.iter().filter(|layer| {
                let is_for = |tool: &RegisteredTool| layer.is_for(tool.contract.name);
                served.chain().any(is_for)
            });
            let around: Box<[_]> = around.map(Layer::middleware).collect();
            if !around.is_empty() {
                drop(served.layers.set(around));
            }
        }
        Ok(())
    }

    /// All tools in order.
    pub(crate) fn tools(&self) -> &[Arc<RegisteredTool>] {
        &self.tools
    }

    fn check_allowed(&self, allow: &HashSet<String>) -> Result<(), StartError> {
        for name in allow {
            let reason = match self.family(name) {
                Some(family) if family.iter().any(|tool| tool.contract.needs_approval()) => continue,
                Some(family) if family.iter().any(|tool| tool.contract.gate.is_some()) => {
                    "a scope opens the gate of that tool, and who holds it needs nobody's leave: leave this out"
                        .to_owned()
                }
                Some(_) => "that tool isn't destructive, and is allowed as it is".to_owned(),
                None => "no tool has that name".to_owned(),
            };
            return Err(StartError::Allow { given: name.clone(), reason });
        }
        Ok(())
    }
}

/// Judges a result whose schema is known only now by the one that was locked.
fn judge_late(entry: &ToolEntry) -> Result<(), StartError> {
    let (Some((schema, version)), contract) = (entry.late, entry.contract) else { return Ok(()) };
    let locked = Contract { version, output: ToolOutput::FromLock(schema), ..*contract };
    let ruling = judge::apply_policy(&locked, contract, judge::compare_at_run_time(&locked, contract));
    match ruling.bump {
        Some(_) => Err(StartError::Drift(ruling.message(contract, &locked))),
        None => Ok(()),
    }
}

impl RegisteredTool {
    /// The version that answers for this one, if it is an adapter.
    pub(crate) fn adapts(&self) -> Option<&Arc<RegisteredTool>> {
        self.adapts.get()
    }

    /// Whether any argument of it can be completed.
    pub(crate) fn has_completions(&self) -> bool {
        self.bound.has_completers() || self.contract.input.iter().any(completion::is_by_itself)
    }

    /// What is laid around its calls, the outermost first.
    pub(crate) fn layers(&self) -> &[Arc<dyn Middleware>] {
        self.layers.get().map_or(&[], |layers| layers)
    }

    /// This one and those that answer for it, each in turn.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &RegisteredTool> {
        std::iter::successors(Some(self), |tool| tool.adapts().map(|next| &**next))
    }
}

/// The name of an older major in a list: `list_invoices_v1`.
pub fn older_name(contract: &Contract) -> String {
    format!("{}_v{}", contract.name, contract.version.major)
}

impl std::fmt::Debug for RegisteredTool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.contract.name, self.contract.version)
    }
}

#[cfg(test)]
mod tests {
    use mcp_tool_contract::{bounds::Object, model::Version};

    use super::*;

    const SHAPE: &str = r#"{"type":"object","properties":{"n":{"type":"integer","title":"Words."}}}"#;
    const CONTRACT: Contract = Contract {
        name: "late",
        version: Version { major: 1, minor: 0 },
        output: ToolOutput::Dynamic(
            || serde_json::json!({ "properties": { "n": { "type": "integer" } }, "type": "object" }),
        ),
        ..Contract::EMPTY
    };
    const NEXT: Contract = Contract { version: Version { major: 2, minor: 0 }, ..CONTRACT };
    const DECLARED: Contract = Contract { output: ToolOutput::Object(&Object::EMPTY), ..CONTRACT };

    fn judged(contract: &'static Contract, schema: &'static str) -> Option<String> {
        let (source, version) = (crate::tool::Source { file: "", line: 0 }, CONTRACT.version);
        let bind = |_: &StateMap| Err(MissingState("nothing"));
        let entry = ToolEntry { key: 0, contract, source, adapts: None, late: Some((schema, version)), bind };
        judge_late(&entry).err().map(|error| error.to_string())
    }

    #[test]
    fn a_result_that_is_known_only_now_is_judged_by_the_locked_one() {
        assert_eq!(judged(&CONTRACT, SHAPE), None);
        assert_eq!(judged(&NEXT, r#"{"type":"object"}"#), None);
        for contract in [&CONTRACT, &DECLARED] {
            let drift = judged(contract, r#"{"type":"object"}"#).unwrap_or_default();
            assert!(drift.contains("[result-changed] — bump to 2.0"), "{drift}");
        }
    }
}
