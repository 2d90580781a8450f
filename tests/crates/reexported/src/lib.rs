//! Tools in a crate that uses the framework only through the re-export of `mcp_tool_tests_renamed`. The key `crate` of
//! each attribute names the path of the framework, with or without a leading `::`.

#![deny(unused_qualifications)]

use mcp_tool_tests_renamed::{
    define_tool,
    framework::{
        CallContext, Output, OutputObject, OutputValue, Page, PageRequest, Parameter, Scalar, Tool,
        ToolEntry, ToolError, ToolSchema, mcp_tool, tools,
    },
};

/// Kind of an invoice.
#[derive(Clone, Copy, Debug, serde::Serialize, ToolSchema)]
#[schema(crate = "mcp_tool_tests_renamed::framework")]
pub enum Kind {
    /// Not paid yet.
    Open,
}

/// Number of an invoice.
#[derive(Debug, serde::Serialize, ToolSchema)]
#[schema(crate = "mcp_tool_tests_renamed::framework", min_len = 1)]
#[schema(max_len = 12)]
pub struct Number(String);

/// An invoice.
#[derive(Debug, serde::Serialize, serde::Deserialize, ToolSchema)]
#[schema(crate = "mcp_tool_tests_renamed::framework")]
pub struct Invoice {
    /// Its total.
    #[schema(max = 100)]
    pub total: u32,
}

/// List invoices.
#[mcp_tool(crate = "mcp_tool_tests_renamed::framework", version = "1.0", scope = "invoices:read", read_only)]
pub async fn list_invoices(
    _: &CallContext,
    /// Kind of the invoices.
    kind: Option<Kind>,
    /// Prefix of the invoice numbers.
    #[arg(pattern = "^[a-z]+$", max_len = 4)]
    prefix: Option<String>,
    page: PageRequest,
) -> Result<Page<Invoice>, ToolError> {
    let _ = (kind, prefix);
    Page::keyset(vec![Invoice { total: 1 }], &page, |invoice| invoice.total)
}

/// Cancel an invoice.
#[mcp_tool(crate = "::mcp_tool_tests_renamed::framework", version = "1.0", public)]
pub fn cancel_invoice(
    /// Its number.
    number: Number,
) {
    drop(number);
}

// The other crate's macro defines a tool in this crate.
define_tool!(defined_by_a_macro);

/// Uses the names that the generated code qualifies.
pub fn imported<T: Scalar + Parameter + OutputValue + Output, O: OutputObject, U: Tool>() {}

/// All tools.
pub const TOOLS: &[ToolEntry] =
    tools![crate = "mcp_tool_tests_renamed::framework"; list_invoices, cancel_invoice, defined_by_a_macro];

#[cfg(test)]
mod tests {
    use super::TOOLS;

    #[test]
    fn macros_find_a_re_exported_framework() {
        let names: Vec<&str> = TOOLS.iter().map(|tool| tool.contract().name()).collect();
        assert_eq!(names, ["list_invoices", "cancel_invoice", "defined_by_a_macro"]);
    }
}
