//! MCP server with a ledger of invoices. Run it by `cargo run -p invoices -- serve --http 127.0.0.1:8080`.
//!
//! `model` contains the types of arguments and results, `tools` the tools, `ledger` the queries of the database, `rows`
//! the conversion of database rows, and `seed` the fictitious data of a new ledger.

mod ledger;
mod model;
mod rows;
mod seed;
mod tools;

use std::process::ExitCode;

use mcp_tool_runtime::prelude::*;

use crate::{
    ledger::Invoices,
    tools::{create_invoice, delete_invoice, get_invoice, list_invoices, send_reminder, void_invoice},
};

/// Returns the server without application state. `main` and the tests add the ledger.
fn server() -> ToolServer {
    ToolServer::new("invoices", env!("CARGO_PKG_VERSION"))
        .instructions("Invoices of one company. Amounts are in cents of its currency.")
        .tools(tools![
            list_invoices,
            get_invoice,
            create_invoice,
            send_reminder,
            void_invoice,
            delete_invoice
        ])
}

fn main() -> ExitCode {
    server().state_with(Invoices::open).run_blocking()
}
