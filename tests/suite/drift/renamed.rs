//! The README's example of a renamed parameter: `ui/drift/renamed.rs` has this tool after its parameter `reason` was
//! renamed to `why`.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![delete_invoice];

/// Delete an invoice permanently.
#[mcp_tool(version = "1.0", scope = "invoices:delete", destructive)]
pub async fn delete_invoice(
    /** Invoice number, such as inv_00000042. */
    number: String,
    /** Reason for the deletion; recorded with the caller's name. */
    reason: Option<String>,
) {
}
