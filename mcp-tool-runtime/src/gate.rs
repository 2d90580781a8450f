//! Who approved: what can't be undone isn't done on an agent's word alone.

use mcp_tool_contract::model::Gate;

use crate::{
    error::{ErrorKind, ToolError},
    identity::Caller,
    registry::Served,
};

/// Lets a call through that needs nobody's approval, whose caller holds the scope that stands for it, or whose tool
/// the operator allowed by name.
///
/// # Errors
/// A refusal that says what would have to change.
pub(crate) fn permits(tool: &Served, caller: &Caller) -> Result<(), ToolError> {
    let contract = tool.contract;
    let name = contract.name;
    if !contract.hints.destructive {
        return Ok(());
    }
    match contract.gate {
        Some(Gate::Scope(scope)) => opened_by(scope, caller, name),
        None if tool.allowed => Ok(()),
        None => {
            let message = format!(
                "'{name}' can't be undone and needs a person's approval, and approvals aren't set up on this server. \
                 Nothing was done. Its operator can allow it with --allow-destructive {name}"
            );
            Err(ToolError::of(ErrorKind::ApprovalRequired, message))
        }
    }
}

/// Who lacks the scope isn't admitted; it is asked for again where what can't be undone begins.
fn opened_by(scope: &str, caller: &Caller, name: &str) -> Result<(), ToolError> {
    if caller.scopes().hold(scope) {
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
        let refused = opened_by("mail:purge", &Caller::new("ann").with_scopes(["mail:send"]), "purge");
        assert_eq!(refused.err().map(|error| error.kind()), Some(ErrorKind::Refused));
        assert!(opened_by("mail:purge", &Caller::new("ann").with_scopes(["mail:purge"]), "purge").is_ok());
    }
}
