//! May they: the scopes that a tool and its gate ask for, against those that its caller holds.

use mcp_tool_contract::model::Contract;

use crate::identity::Caller;

/// Whether the caller holds every scope of the tool, that of its gate among them. Listing and calling are decided here alike.
///
/// # Errors
/// The scopes that are missing.
pub(crate) fn permits(caller: &Caller, contract: &Contract) -> Result<(), Vec<&'static str>> {
    let missing: Vec<_> = contract.needs().filter(|scope| !caller.scopes().hold(scope)).collect();
    if missing.is_empty() { Ok(()) } else { Err(missing) }
}
