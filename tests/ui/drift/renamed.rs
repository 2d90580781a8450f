//! A renamed parameter, as in the README.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Delete an invoice for good.
#[mcp_tool(version = "1.0", scope = "invoices:delete", destructive)]
async fn delete_invoice(
    /** Invoice number, as printed on it. */
    number: String,
    /** Reason for the deletion; kept with the name of the deleting user. */
    why: Option<String>,
) {
}

fn main() {}
