//! Tools in a crate without the prelude. A trait implements methods for every type, with the names of methods that
//! generated code calls, and types have the names of the prelude and of primitive types.

#![no_implicit_prelude]
#![allow(
    non_camel_case_types,
    missing_docs,
    reason = "names of primitive types are used on purpose, and need no description"
)]

use ::mcp_tool_runtime::{CallContext, Page, PageRequest, ToolEntry, ToolError, ToolSchema, mcp_tool, tools};

/// Types with the names that generated code without complete paths would use.
pub mod shadowed {
    #[derive(::core::fmt::Debug)]
    pub struct Box;
    #[derive(::core::fmt::Debug)]
    pub struct Result;
    #[derive(::core::fmt::Debug)]
    pub struct Option;
    #[derive(::core::fmt::Debug)]
    pub struct Vec;
    #[derive(::core::fmt::Debug)]
    pub struct str;
    #[derive(::core::fmt::Debug)]
    pub struct u8;
    #[derive(::core::fmt::Debug)]
    pub struct u32;
    #[derive(::core::fmt::Debug)]
    pub struct Some;
    #[derive(::core::fmt::Debug)]
    pub struct Ok;
    #[derive(::core::fmt::Debug)]
    pub struct Err;
}
#[allow(unused_imports, reason = "the names are used only by generated code that lacks complete paths")]
use shadowed::*;

/// Methods of every type, by value and by reference, with the names of the framework's methods.
pub trait Everywhere: ::core::marker::Sized {
    fn answer(self) {}
    fn as_ref(&self) {}
    fn bind(self) {}
    fn bounded(self) {}
    fn call(self) {}
    fn clone(self) {}
    fn declare(self) {}
    fn default(self) {}
    fn get(self) {}
    fn hold(self) {}
    fn input(self) {}
    fn into(self) {}
    fn kind(self) {}
    fn map(self) {}
    fn map_err(self) {}
    fn max(self) {}
    fn max_len(self) {}
    fn min(self) {}
    fn never_null(self) {}
    #[allow(clippy::new_ret_no_self, reason = "the name is that of a constructor on purpose")]
    fn new() {}
    fn of() {}
    fn open(self) {}
    fn optional(self) {}
    fn param(self) {}
    fn read(self) {}
    fn schema(self) {}
    fn take(self) {}
    fn with(self) {}
    fn with_input(self) {}
    fn with_output(self) {}
    fn with_scopes(self) {}
    fn with_title(self) {}
    fn with_weakens(self) {}
    const CONTRACT: () = ();
    const IS_ARGUMENT: () = ();
    const KIND: () = ();
    const SCHEMA: () = ();
}

impl<T> Everywhere for T {}

/// State of the tools.
#[derive(::core::fmt::Debug)]
pub struct Invoices;

#[derive(::core::fmt::Debug, ::serde::Serialize, ToolSchema)]
pub enum Kind {
    Open,
    Paid,
}

#[derive(::core::fmt::Debug, ::serde::Serialize, ToolSchema)]
#[schema(min_len = 1, max_len = 12, pattern = "^[a-z]+$")]
pub struct Number(::std::string::String);

#[derive(::core::fmt::Debug, ::serde::Serialize, ToolSchema)]
#[schema(from_str)]
pub struct Address(::core::net::IpAddr);

#[derive(::core::fmt::Debug, ::serde::Serialize, ToolSchema)]
pub struct Totals {
    #[schema(min = 0, max = 9.5)]
    pub net: f64,
}

#[derive(::core::fmt::Debug, ::serde::Serialize, ToolSchema)]
#[serde(tag = "type")]
pub struct Invoice {
    pub number: Number,
    pub kind: Kind,
    #[serde(flatten)]
    pub totals: Totals,
    #[schema(max_items = 9)]
    #[serde(skip_serializing_if = "::std::vec::Vec::is_empty")]
    pub notes: ::std::vec::Vec<::std::string::String>,
    #[serde(skip_serializing_if = "::core::option::Option::is_none")]
    pub address: ::core::option::Option<Address>,
}

async fn numbers(
    _: &Invoices,
    _: &CallContext,
    _: &::core::primitive::str,
) -> ::std::vec::Vec<::std::string::String> {
    ::std::vec::Vec::new()
}

/// Get an invoice.
#[mcp_tool(
    version = "1.1",
    title = "Get an invoice",
    scope = "invoices:read",
    destructive,
    gate(scope = "invoices:all"),
    rate = "10/min",
    timeout = "5s",
    concurrency = 4,
    upstream = "billing",
    task,
    constraints = r#"{"anyOf": [{"required": ["password"]}, {"required": ["addresses"]}]}"#,
    deprecated(message = "Old.", removal = "2100-01-31"),
    weakens("scope-removed", reason = "Tests need no scope.")
)]
pub async fn get_invoice(
    cx: &CallContext,
    invoices: &Invoices,
    /// Its number.
    #[arg(complete = numbers(invoices, cx))]
    number: Number,
    /// Its kind.
    kind: Kind,
    /// Number of copies.
    #[arg(min = 1, max = 9, default = 1, header = "Copies")]
    copies: ::core::primitive::u8,
    /// Password.
    #[arg(secret, min_len = 4, max_len = 40, pattern = "^[a-z]+[0-9]$")]
    password: ::core::option::Option<::std::string::String>,
    /// Addresses.
    addresses: ::core::option::Option<::std::vec::Vec<Address>>,
) -> ::core::result::Result<Invoice, ToolError> {
    let _ = (cx, invoices, copies, password, addresses);
    ::core::result::Result::Ok(Invoice {
        number,
        kind,
        totals: Totals { net: 0.5 },
        notes: ::std::vec::Vec::new(),
        address: ::core::option::Option::None,
    })
}

/// List invoices.
#[mcp_tool(version = "1.0", public, read_only)]
pub async fn list_invoices(
    _: &Invoices,
    page: PageRequest,
) -> ::core::result::Result<Page<Totals>, ToolError> {
    Page::keyset(::std::vec::Vec::new(), &page, |_| 1)
}

/// Cancel an invoice, without async.
#[mcp_tool(version = "1.0", public)]
pub fn cancel_invoice(
    _: &CallContext,
    _: &Invoices,
    /// Its number.
    number: Number,
) -> ::core::result::Result<&'static ::core::primitive::str, ::std::io::Error> {
    let _ = number;
    ::core::result::Result::Ok("done")
}

/// All tools.
pub const TOOLS: &[ToolEntry] = tools![get_invoice, list_invoices, cancel_invoice];
