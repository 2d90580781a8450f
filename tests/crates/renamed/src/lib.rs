//! Tools of a crate that renames its dependency on the framework to `mcp`, and re-exports it.

use mcp::{ToolEntry, ToolSchema, mcp_tool, tools};

/// The re-exported framework.
pub mod framework {
    pub use mcp::*;
}

/// Defines a tool named `$name` in the crate that calls this macro.
#[macro_export]
macro_rules! define_tool {
    ($name:ident) => {
        /// Does nothing.
        #[$crate::framework::mcp_tool(crate = $crate::framework, version = "1.0", public)]
        pub fn $name() {}
    };
}

/// State of the tools.
#[derive(Debug)]
pub struct Invoices;

/// Kind of an invoice.
#[derive(Clone, Copy, Debug, serde::Serialize, ToolSchema)]
pub enum Kind {
    /// Not paid yet.
    Open,
    /// Paid.
    Paid,
}

/// Number of an invoice.
#[derive(Debug, serde::Serialize, ToolSchema)]
#[schema(max_len = 12, pattern = "^[a-z]+$")]
pub struct Number(String);

/// An invoice.
#[derive(Debug, serde::Serialize, ToolSchema)]
pub struct Invoice {
    /// Its number.
    pub number: Number,
    /// Its kind.
    pub kind: Kind,
}

/// Completion function of the parameter `number`; suggests nothing.
async fn numbers(_: &Invoices, _: &str) -> Vec<String> {
    Vec::new()
}

/// Get an invoice.
#[mcp_tool(
    version = "1.0",
    scope = "invoices:read",
    destructive,
    gate(scope = "invoices:all"),
    rate = "10/min",
    task,
    deprecated(message = "Old.")
)]
pub async fn get_invoice(
    invoices: &Invoices,
    /// Its number.
    #[arg(complete = numbers(invoices))]
    number: Number,
    /// Its kind.
    kind: Kind,
    /// Number of copies.
    #[arg(min = 1, max = 9, default = 1, header = "Copies")]
    copies: u8,
) -> Invoice {
    let _ = (invoices, copies);
    Invoice { number, kind }
}

/// All tools.
pub const TOOLS: &[ToolEntry] = tools![get_invoice];
