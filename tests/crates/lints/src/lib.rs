//! Tools in a crate that denies every group of clippy and the optional lints of rustc. Each `expect` is on an item of
//! this file, so that it doesn't reach the generated code.

use core::net::IpAddr;

use mcp_tool_runtime::{
    Adapted, CallContext, Output, OutputObject, OutputValue, Page, PageRequest, Parameter, Scalar, Tool,
    ToolEntry, ToolError, ToolSchema, mcp_tool, tools,
};

/// State of the tools.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Invoices;

/// Kind of an invoice.
#[derive(Clone, Copy, Debug, serde::Serialize, ToolSchema)]
#[non_exhaustive]
pub enum Kind {
    /// Not paid yet.
    Open,
    /// Paid.
    Paid,
}

/// Number of an invoice.
#[derive(Clone, Debug, serde::Serialize, ToolSchema)]
#[schema(min_len = 1, max_len = 12, pattern = "^[a-z]+$")]
pub struct Number(String);

/// Address of a customer.
#[derive(Clone, Copy, Debug, serde::Serialize, ToolSchema)]
#[schema(from_str)]
pub struct Address(IpAddr);

/// Amount of money.
#[derive(Clone, Copy, Debug, serde::Serialize, ToolSchema)]
#[schema(min = 0, max = 1_000_000)]
pub struct Cents(u64);

/// Totals, a part of an invoice.
#[derive(Clone, Copy, Debug, serde::Serialize, ToolSchema)]
#[non_exhaustive]
pub struct Totals {
    /// Sum of the items.
    pub net: Cents,
    /// Rate of the tax.
    #[schema(min = 0.0, max = 1.0)]
    pub tax: f64,
}

/// An invoice.
#[derive(Clone, Debug, serde::Serialize, ToolSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
#[non_exhaustive]
pub struct Invoice {
    /// Its number.
    pub number: Number,
    /// Its kind.
    pub kind: Kind,
    /// Totals.
    #[serde(flatten)]
    pub totals: Totals,
    /// Notes.
    #[schema(max_items = 9, max_len = 40)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// A form.
#[derive(Clone, Debug, serde::Deserialize, ToolSchema)]
#[non_exhaustive]
pub struct Confirmation {
    /// Reason.
    #[schema(max_len = 40)]
    pub reason: String,
    /// Password, which makes the struct unusable in forms and results.
    #[schema(secret)]
    pub password: String,
}

/// Completion function of the parameter `number`; suggests nothing.
#[expect(
    clippy::unused_async,
    clippy::implicit_return,
    clippy::single_call_fn,
    reason = "own code of this crate"
)]
async fn numbers(_: &Invoices, _: &str) -> Vec<String> {
    Vec::new()
}

/// Get an invoice.
///
/// # Errors
/// Never.
#[mcp_tool(
    version = "1.1",
    title = "Get an invoice",
    scope = ["invoices:read", "invoices:list"],
    destructive,
    idempotent,
    open_world,
    gate(scope = "invoices:all"),
    rate = "10/min",
    timeout = "5s",
    concurrency = 4,
    max_len = 64,
    max_items = 20,
    upstream = "billing",
    task,
    deprecated(message = "Old.", replacement = "list_invoices", removal = "2100-01-31"),
    weakens("scope-removed", reason = "Tests need no scope.")
)]
#[expect(
    clippy::too_many_arguments,
    clippy::implicit_return,
    clippy::missing_inline_in_public_items,
    reason = "own code of this crate"
)]
pub async fn get_invoice(
    _: &CallContext,
    invoices: &Invoices,
    /// Its number.
    #[arg(complete = numbers(invoices))]
    number: Number,
    /// Its kind.
    kind: Kind,
    /// Number of copies.
    #[arg(min = 1, max = 9, default = 1, header = "Copies")]
    copies: u8,
    /// Factor.
    #[arg(min = 0, max = 9.5, default = 1.5)]
    factor: f64,
    /// Password.
    #[arg(secret, min_len = 4, max_len = 40, pattern = "^[a-z]+[0-9]$")]
    password: Option<String>,
    /// Labels.
    #[arg(min_items = 1, max_items = 4, max_len = 9)]
    labels: Vec<String>,
    /// Addresses.
    addresses: Option<Vec<Address>>,
    /// Sorted.
    #[arg(default = true)]
    sorted: bool,
    /// Language.
    #[arg(default = "en")]
    language: String,
) -> Result<Invoice, ToolError> {
    drop((invoices, copies, factor, password, labels, addresses, sorted, language));
    Ok(Invoice { number, kind, totals: Totals { net: Cents(1), tax: 0.5 }, notes: Vec::new(), address: None })
}

/// List invoices.
///
/// # Errors
/// Never.
#[mcp_tool(version = "1.0", public, read_only)]
#[expect(clippy::implicit_return, clippy::missing_inline_in_public_items, reason = "own code of this crate")]
pub async fn list_invoices(_: &Invoices, page: PageRequest) -> Result<Page<Totals>, ToolError> {
    Page::keyset(Vec::new(), &page, |last| last.net)
}

/// Cancel an invoice, without async.
#[mcp_tool(version = "1.0", public)]
#[expect(clippy::missing_inline_in_public_items, reason = "own code of this crate")]
pub fn cancel_invoice(
    _: &Invoices,
    /// Its number.
    number: Number,
) {
    drop(number);
}

/// Count invoices.
#[mcp_tool(version = "1.0", public, task(required))]
#[expect(clippy::implicit_return, clippy::missing_const_for_fn, reason = "own code of this crate")]
fn count_invoices() -> &'static str {
    "none"
}

/// Older versions.
pub mod v1 {
    use mcp_tool_runtime::{Adapted, Tool as _, ToolError, mcp_tool};

    /// Arguments of the newer version.
    #[derive(Debug, serde::Serialize)]
    struct Arguments {
        /// Its number.
        number: String,
    }

    /// Cancel an invoice.
    ///
    /// # Errors
    /// Never.
    #[mcp_tool(version = "0.9", public, name = "cancel_invoice")]
    #[expect(
        clippy::implicit_return,
        clippy::missing_inline_in_public_items,
        reason = "own code of this crate"
    )]
    pub async fn cancel(
        /// Its number.
        id: String,
    ) -> Result<Adapted<super::cancel_invoice>, ToolError> {
        let adapted = Adapted::to(Arguments { number: id });
        if super::cancel_invoice::CONTRACT.deprecation().is_some() {
            return Err(ToolError::refused("no"));
        }
        Ok(adapted)
    }
}

/// All tools.
pub const TOOLS: &[ToolEntry] =
    tools![get_invoice, list_invoices, cancel_invoice, count_invoices, v1::cancel];

/// Names that the generated code uses too, so that a qualified path in it is unnecessary.
#[must_use]
#[inline]
#[expect(clippy::implicit_return, reason = "own code of this crate")]
pub const fn imported<T: Scalar + Parameter + OutputValue + Output, O: OutputObject, U: Tool>() -> u64 {
    0
}

/// Uses a type of the framework.
pub type Cancelled = Adapted<cancel_invoice>;
