//! Who approved: what can't be undone isn't done on an agent's word alone.

use mcp_tool_contract::model::Gate;

use crate::{
    call::caller::Caller,
    error::{ErrorKind, ToolError},
    pipeline::{policy::ScopeAuthorizer, registry::RegisteredTool},
};

/// Lets a call through that needs nobody's approval, whose caller holds the scope that stands for it, or whose tool
/// the operator allowed by name.
///
/// # Errors
/// A refusal that says what would have to change.
pub(crate) fn permits(
    tool: &RegisteredTool,
    caller: &Caller,
    scopes: &ScopeAuthorizer,
) -> Result<(), ToolError> {
    let contract = tool.contract;
    let name = contract.name;
    if !contract.hints.destructive {
        return Ok(());
    }
    match contract.gate {
        Some(Gate::Scope(scope)) => opened_by(scope, caller, name, scopes),
        None if tool.allowed => Ok(()),
        Some(_) | None => {
            let message = format!(
                "'{name}' can't be undone and needs a person's approval, and approvals aren't set up on this server. \
                 Nothing was done. Its operator can allow it with --allow-destructive {name}"
            );
            Err(ToolError::of(ErrorKind::ApprovalRequired, message))
        }
    }
}

/// Who lacks the scope isn't admitted; it is asked for again where what can't be undone begins.
fn opened_by(scope: &str, caller: &Caller, name: &str, scopes: &ScopeAuthorizer) -> Result<(), ToolError> {
    if scopes.holds(caller, scope) {
        return Ok(());
    }
    let message = format!(
        "'{name}' can't be undone and needs the scope {scope}, which this caller doesn't hold. Nothing was done"
    );
    Err(ToolError::refused(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_is_asked_for_again() {
        let opened = |scope| {
            let caller = Caller::new("ann").with_scopes([scope]);
            opened_by("mail:purge", &caller, "purge", &ScopeAuthorizer::default())
        };
        let refused = opened("mail:send");
        assert_eq!(refused.err().map(|error| error.kind()), Some(ErrorKind::Refused));
        assert!(opened("mail:purge").is_ok());
    }
}
