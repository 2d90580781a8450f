//! Checks, when the server starts, that the served tools fit together and fit the settings.

use std::collections::HashSet;

use mcp_tool_contract::{model::Contract, name::MAX_NAME};

use super::{Registry, older_name};
use crate::{redaction::excerpt, start_error::StartError};

/// Checks that an adapter's hints promise no more than the hints of its target, and that the adapter names all scopes
/// and upstreams of its target. An adapter is an older version of a tool that calls a newer one, its target: so a call
/// of the adapter does what the target does.
///
/// # Errors
/// The reason, as a continuation of "is an adapter, and" in [`StartError::Adapter`].
pub(super) fn adapter_fits(adapter: &Contract, target: &Contract) -> Result<(), String> {
    let (adapter_hints, target_hints) = (adapter.hints(), target.hints());
    let called = format!("'{}' {}", target.name(), target.version());
    if adapter_hints.read_only() && !target_hints.read_only() {
        return Err(format!("is `read_only`, but {called} isn't"));
    }
    if target_hints.destructive() && !adapter_hints.destructive() {
        return Err(format!("isn't `destructive`, but {called} is"));
    }
    if target_hints.open_world() && !adapter_hints.open_world() {
        return Err(format!("isn't `open_world`, but {called} is"));
    }
    if let Some(scope) =
        target.required_scopes().find(|scope| !adapter.required_scopes().any(|named| named == *scope))
    {
        return Err(format!("doesn't name the scope '{scope}', which {called} needs"));
    }
    if let Some(upstream) = target.upstreams().iter().find(|upstream| !adapter.upstreams().contains(upstream))
    {
        return Err(format!("doesn't name the upstream '{upstream}', which {called} reaches"));
    }
    Ok(())
}

/// Checks that no adapter calls itself, directly or through other adapters: its calls would never end.
pub(super) fn adapters_have_no_cycle(registry: &Registry) -> Result<(), StartError> {
    // Without a cycle, a chain contains each tool at most once.
    let endless = registry.tools.iter().find(|tool| tool.chain().nth(registry.tools.len()).is_some());
    match endless {
        None => Ok(()),
        Some(tool) => {
            let (name, version) = (tool.contract.name(), tool.contract.version());
            let reason =
                "calls itself, directly or through other adapters: an adapter must call a newer version"
                    .to_owned();
            Err(StartError::Adapter { tool: name, version, reason })
        }
    }
}

/// Checks that the names under which lists show older versions (`find_v1` for version 1 of `find`) have at most
/// [`MAX_NAME`] characters, the maximum that clients accept.
pub(super) fn older_names_fit(registry: &Registry) -> Result<(), StartError> {
    for family in registry.families.values() {
        let mut older = family.iter().skip(1).map(|tool| older_name(tool.contract));
        if let Some(long) = older.find(|name| name.len() > MAX_NAME) {
            return Err(StartError::Setting(format!(
                "the older version '{long}' is listed under a name of more than {MAX_NAME} characters: give the tool a shorter name"
            )));
        }
    }
    Ok(())
}

/// Checks that each tool named in `--allow-destructive` is served and needs this permission: at least one of the tool's
/// versions is destructive and has no gate (a scope that its callers need).
pub(super) fn allowed_are_destructive(
    registry: &Registry,
    allowed: &HashSet<String>,
) -> Result<(), StartError> {
    for name in allowed {
        let reason = match registry.family(name) {
            Some(family) if family.iter().any(|tool| tool.contract.needs_approval()) => continue,
            Some(family) if family.iter().any(|tool| tool.contract.gate().is_some()) => {
                "leave out this permission, because callers with the scope of the tool's gate may run it"
            }
            Some(_) => "that tool isn't destructive and needs no permission: leave out this permission",
            None => "no tool has that name",
        };
        return Err(StartError::Allow { given: excerpt(name), reason: reason.to_owned() });
    }
    Ok(())
}
