//! A renamed parameter, as in the README.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Delete an invoice permanently.
#[mcp_tool(version = "1.0", scope = "invoices:delete", destructive)]
async fn delete_invoice(
    /** Invoice number, such as inv_00000042. */
    number: String,
    /** Reason for the deletion; recorded with the caller's name. */
    why: Option<String>,
) {
}

fn main() {}
