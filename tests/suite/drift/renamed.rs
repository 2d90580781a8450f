//! The README's example of a renamed parameter.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![delete_invoice];

/// Delete an invoice for good.
#[mcp_tool(version = "1.0", scope = "invoices:delete", destructive)]
pub async fn delete_invoice(
    /** Invoice number, as printed on it. */
    number: String,
    /** Reason for the deletion; kept with the name of the deleting user. */
    reason: Option<String>,
) {
}
