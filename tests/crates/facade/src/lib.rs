//! Tools in a crate that uses the framework only through the re-export of another crate. The manifest names its path.

use mcp_tool_tests_renamed::framework::{ToolEntry, prelude::*};

/// An invoice.
#[derive(Debug, serde::Serialize, ToolSchema)]
pub struct Invoice {
    /// Its number.
    pub number: String,
}

/// Get an invoice.
#[mcp_tool(version = "1.0", public, read_only)]
pub async fn get_invoice(
    _: &CallContext,
    /// Its number.
    #[arg(max_len = 12)]
    number: String,
) -> Result<Invoice, ToolError> {
    Ok(Invoice { number })
}

/// All tools.
pub const TOOLS: &[ToolEntry] = tools![get_invoice];
