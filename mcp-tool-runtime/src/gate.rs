//! Who approved: what can't be undone isn't done on an agent's word alone.

use crate::{
    error::{ErrorKind, ToolError},
    registry::Served,
};

/// Lets a call through that needs nobody's approval, or whose tool the operator allowed by name.
///
/// # Errors
/// A refusal that says what would have to change.
pub(crate) fn permits(tool: &Served) -> Result<(), ToolError> {
    let contract = tool.contract;
    if !contract.hints.destructive || tool.allowed {
        return Ok(());
    }
    let message = format!(
        "'{name}' can't be undone and needs a person's approval, and approvals aren't set up on this server. \
         Nothing was done. Its operator can allow it with --allow-destructive {name}",
        name = contract.name
    );
    Err(ToolError::of(ErrorKind::ApprovalRequired, message))
}
