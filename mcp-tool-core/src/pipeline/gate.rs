//! The gate of destructive tools. A destructive tool with a gate runs only for callers that hold the scope of the gate.
//! A destructive tool without a gate runs only if the operator allowed it (`--allow-destructive`).

use mcp_tool_contract::{exhaustive, model::Gate};

use crate::{
    call::caller::Caller,
    error::{ErrorKind, ToolError},
    pipeline::{policy::ScopeAuthorizer, registry::RegisteredTool},
};

/// Checks the gate of a tool, and for an adapter also the gates of its targets.
///
/// # Errors
/// If the caller lacks the scope of a gate, or if a destructive tool has no gate and the operator didn't allow it. The
/// message names the scope or `--allow-destructive`.
pub(super) fn check(
    tool: &RegisteredTool,
    caller: &Caller,
    scopes: &ScopeAuthorizer,
) -> Result<(), ToolError> {
    tool.chain().try_for_each(|tool| check_one(tool, caller, scopes))
}

fn check_one(tool: &RegisteredTool, caller: &Caller, scopes: &ScopeAuthorizer) -> Result<(), ToolError> {
    let contract = tool.contract;
    if !contract.hints().destructive() {
        return Ok(());
    }
    match contract.gate().map(Gate::exhaustive) {
        Some(exhaustive::Gate::Scope(scope)) => check_scope(scope, caller, contract.name(), scopes),
        None if tool.is_allowed_destructive => Ok(()),
        None => {
            let name = contract.name();
            let message = format!(
                "'{name}' is destructive and needs a person's approval, which this server can't ask for. \
                 Nothing was done. Its operator can allow it with --allow-destructive {name}"
            );
            Err(ToolError::of(ErrorKind::ApprovalRequired, message))
        }
    }
}

/// Checks that the caller holds the gate's scope, or a scope that includes the gate's scope (`oauth.scope_hierarchy`).
/// The built-in policy has checked this scope already, but an application's own policy may not check scopes.
fn check_scope(scope: &str, caller: &Caller, name: &str, scopes: &ScopeAuthorizer) -> Result<(), ToolError> {
    if scopes.holds(caller, scope) {
        return Ok(());
    }
    let message = format!(
        "'{name}' is destructive and needs the scope {scope}, which this caller lacks. Nothing was done"
    );
    Err(ToolError::refused(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gate_refuses_callers_that_lack_its_scope() {
        let check = |scope| {
            let caller = Caller::new("ann").with_scopes([scope]);
            check_scope("mail:purge", &caller, "purge", &ScopeAuthorizer::default())
        };
        let refused = check("mail:send");
        assert_eq!(refused.err().map(|error| error.kind()), Some(ErrorKind::Refused));
        assert!(check("mail:purge").is_ok());
    }
}
