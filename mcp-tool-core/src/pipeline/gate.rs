//! The gate of destructive tools. Such a tool runs only if the caller holds the scope of its gate, or if the operator
//! allowed the tool.

use mcp_tool_contract::{exhaustive, model::Gate};

use crate::{
    call::caller::Caller,
    error::{ErrorKind, ToolError},
    pipeline::{policy::ScopeAuthorizer, registry::RegisteredTool},
};

/// Checks the gates of a tool and of the tools that it delegates to.
///
/// # Errors
/// A refusal that says what the caller needs.
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
                "'{name}' is destructive and needs a person's approval, and approvals aren't set up on this server. \
                 Nothing was done. Its operator can allow it with --allow-destructive {name}"
            );
            Err(ToolError::of(ErrorKind::ApprovalRequired, message))
        }
    }
}

/// Checks the gate's scope again, although admission has refused callers without it: this is the last check before the
/// function begins.
fn check_scope(scope: &str, caller: &Caller, name: &str, scopes: &ScopeAuthorizer) -> Result<(), ToolError> {
    if scopes.holds(caller, scope) {
        return Ok(());
    }
    let message = format!(
        "'{name}' is destructive and needs the scope {scope}, which this caller doesn't hold. Nothing was done"
    );
    Err(ToolError::refused(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gate_refuses_a_caller_without_its_scope() {
        let check = |scope| {
            let caller = Caller::new("ann").with_scopes([scope]);
            check_scope("mail:purge", &caller, "purge", &ScopeAuthorizer::default())
        };
        let refused = check("mail:send");
        assert_eq!(refused.err().map(|error| error.kind()), Some(ErrorKind::Refused));
        assert!(check("mail:purge").is_ok());
    }
}
