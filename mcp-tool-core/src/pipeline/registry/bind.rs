//! Makes the registry when the server starts: binds the tools to application state and checks them.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    num::NonZeroU32,
    sync::{Arc, OnceLock},
    time::Duration,
};

use mcp_tool_contract::{judge, model::ToolOutput, name::nearest, read::canonical::CanonicalForm};

use super::{RegisteredTool, Registry, check};
use crate::{
    call::stamp::ContractStamp,
    pipeline::{
        checks::{Constraints, OutputCheck},
        limits::Concurrency,
        middleware::{self, RegisteredMiddleware},
    },
    start_error::StartError,
    tool::{
        ToolEntry,
        state::{MissingState, StateMap},
    },
};

impl Registry {
    /// Binds the tools to application state, links each adapter to its target (the newer version that it calls), allows
    /// the destructive tools that `allow_destructive` names, and adds middleware.
    ///
    /// # Errors
    /// The first problem that keeps the server from starting.
    pub(crate) fn bind(
        tools: &[ToolEntry],
        state: &StateMap,
        allow_destructive: &HashSet<String>,
        middleware: &[RegisteredMiddleware],
    ) -> Result<Self, StartError> {
        let mut registry = Registry {
            tools: Vec::with_capacity(tools.len()),
            families: HashMap::new(),
            headers: middleware::header_names(middleware)?,
        };
        for entry in tools {
            registry.insert(RegisteredTool::bind(entry, state, allow_destructive)?)?;
        }
        for (entry, tool) in tools.iter().zip(&registry.tools) {
            registry.link_adapter(entry, tool)?;
        }
        check::adapters_have_no_cycle(&registry)?;
        check::older_names_fit(&registry)?;
        check::allowed_are_destructive(&registry, allow_destructive)?;
        registry.add_middleware(middleware)?;
        Ok(registry)
    }

    /// Adds a tool to its family: the versions of the tool with the same name, newest first.
    fn insert(&mut self, tool: RegisteredTool) -> Result<(), StartError> {
        let (contract, tool) = (tool.contract, Arc::new(tool));
        let family = self.families.entry(contract.name()).or_default();
        if family.iter().any(|other| other.contract.version().major() == contract.version().major()) {
            return Err(StartError::Duplicate(contract.name()));
        }
        family.push(Arc::clone(&tool));
        family.sort_by_key(|tool| Reverse(tool.contract.version()));
        self.tools.push(tool);
        Ok(())
    }

    /// Links an adapter to its target. Has no effect for other tools.
    fn link_adapter(&self, entry: &ToolEntry, adapter: &RegisteredTool) -> Result<(), StartError> {
        let Some(target) = entry.adapts else { return Ok(()) };
        let (name, version) = (adapter.contract.name(), adapter.contract.version());
        let family = self.family(target.name).unwrap_or_default();
        let found = match family.iter().find(|tool| tool.contract.version() == target.version) {
            None => Err(format!("'{}' {}, which it calls, isn't served", target.name, target.version)),
            Some(found) => check::adapter_fits(adapter.contract, found.contract).map(|()| found),
        };
        let found = found.map_err(|reason| StartError::Adapter { tool: name, version, reason })?;
        // Each adapter is linked once, so the cell is empty.
        drop(adapter.adapts.set(Arc::clone(found)));
        Ok(())
    }

    /// Adds each middleware to the tools that it is for, and to the adapters that call these tools, directly or through
    /// other adapters. Otherwise a call of such an adapter would bypass the middleware.
    fn add_middleware(&self, middleware: &[RegisteredMiddleware]) -> Result<(), StartError> {
        let named = middleware.iter().filter_map(RegisteredMiddleware::tools).flatten();
        for tool in named.map(|entry| entry.contract().name()) {
            if self.family(tool).is_none() {
                let nearest = nearest(tool, self.tools.iter().map(|tool| tool.contract.name()));
                return Err(StartError::MiddlewareTool { tool, nearest });
            }
        }
        for tool in &self.tools {
            let is_for_tool = |middleware: &&RegisteredMiddleware| {
                tool.chain().any(|tool| middleware.is_for(tool.contract.name()))
            };
            let layers: Box<[_]> =
                middleware.iter().filter(is_for_tool).map(RegisteredMiddleware::middleware).collect();
            if !layers.is_empty() {
                drop(tool.middleware.set(layers));
            }
        }
        Ok(())
    }
}

impl RegisteredTool {
    fn bind(
        entry: &ToolEntry,
        state: &StateMap,
        allow_destructive: &HashSet<String>,
    ) -> Result<Self, StartError> {
        let contract = entry.contract();
        let tool = contract.name();
        let bound =
            (entry.bind)(state).map_err(|MissingState(needs)| StartError::MissingState { tool, needs })?;
        let output = OutputCheck::new(&contract.output())
            .map_err(|reason| StartError::OutputSchema { tool, reason })?;
        let constraints =
            Constraints::new(contract).map_err(|reason| StartError::Constraints { tool, reason })?;
        check_generated_output(entry)?;
        let digest = contract
            .digest()
            .map_err(|error| StartError::OutputSchema { tool, reason: error.to_string() })?;
        // Other rules of defaults are checked at compile time, but const evaluation can't check a default against a
        // pattern, a format or the code of a newtype.
        bound
            .check_defaults()
            .map_err(|violations| StartError::Default { tool, violation: violations.to_string() })?;
        let has_secrets = contract.input().iter().any(|param| param.is_secret());
        Ok(RegisteredTool {
            contract,
            digest,
            stamp: Arc::new(ContractStamp::new(contract, digest)),
            recorded_form: CanonicalForm::new(contract.input(), |param| param.is_secret()),
            full_form: has_secrets.then(|| CanonicalForm::new(contract.input(), |_| false)),
            bound,
            constraints,
            output,
            concurrency: contract.concurrency().and_then(NonZeroU32::new).map(Concurrency::new),
            timeout: contract.timeout_ms().map(Duration::from_millis),
            has_headers: contract.input().iter().any(|param| param.mirroring_header().is_some()),
            is_allowed_destructive: allow_destructive.contains(tool),
            adapts: OnceLock::new(),
            middleware: OnceLock::new(),
        })
    }
}

/// Compares an output schema that is generated at run time with the schema in the lock (`mcp-tools.lock`, the file of
/// released contracts). The compiler compares everything else.
///
/// # Errors
/// If the difference requires a higher version than the tool has.
fn check_generated_output(entry: &ToolEntry) -> Result<(), StartError> {
    let (Some((schema, version)), contract) = (entry.locked_schema, entry.contract()) else { return Ok(()) };
    let locked = contract.with_version(version).with_output(ToolOutput::FromLock(schema));
    let ruling = judge::apply_policy(&locked, contract, judge::compare_at_run_time(&locked, contract));
    match ruling.bump {
        Some(_) => Err(StartError::Drift(ruling.message(contract, &locked))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use mcp_tool_contract::{
        bounds::Object,
        model::{Contract, Version},
    };

    use mcp_tool_macros::mcp_tool;

    use super::*;

    /// A tool that is never called. `drift` replaces its contract.
    #[mcp_tool(version = "1.0", public)]
    fn inert() {}

    /// The schema of `GENERATED` with another order of members and with a title, which both make no difference.
    const LOCKED: &str = r#"{"type":"object","properties":{"n":{"type":"integer","title":"Words."}}}"#;
    /// Contract whose output schema is generated at run time.
    const GENERATED: Contract =
        Contract::EMPTY.with_name("late").with_version(Version::new(1, 0)).with_output(ToolOutput::Dynamic(
            || serde_json::json!({ "properties": { "n": { "type": "integer" } }, "type": "object" }),
        ));
    const NEXT_MAJOR: Contract = GENERATED.with_version(Version::new(2, 0));
    /// Contract whose output schema is now declared in Rust, though the locked one was generated.
    const DECLARED: Contract = GENERATED.with_output(ToolOutput::Object(&Object::EMPTY));

    /// Returns the error for `contract` if the lock contains version 1.0 with the output schema `schema`.
    fn drift(contract: &'static Contract, schema: &'static str) -> Option<String> {
        let mut entry = ToolEntry::of::<inert>().with_contract(contract, None);
        entry.locked_schema = Some((schema, GENERATED.version()));
        check_generated_output(&entry).err().map(|error| error.to_string())
    }

    #[test]
    fn changed_output_schema_requires_a_new_major_version() {
        assert_eq!(drift(&GENERATED, LOCKED), None);
        assert_eq!(drift(&NEXT_MAJOR, r#"{"type":"object"}"#), None);
        for contract in [&GENERATED, &DECLARED] {
            let drift = drift(contract, r#"{"type":"object"}"#).unwrap_or_default();
            assert!(drift.contains("[result-changed] — bump to 2.0"), "{drift}");
        }
    }
}
