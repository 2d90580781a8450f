//! Tools that query and change the ledger.

use chrono::Utc;
use mcp_tool_runtime::prelude::*;

use crate::{
    ledger::{Invoices, LedgerError},
    model::{Deleted, Invoice, InvoiceDetails, InvoiceNumber, Reminder, Status},
};

/// Invoices of one customer, newest first.
#[mcp_tool(version = "1.0", scope = "invoices:read", read_only)]
pub async fn list_invoices(
    invoices: &Invoices,
    /// Account name of the customer.
    #[arg(min_len = 1, max_len = 80)]
    customer: String,
    /// Only invoices with this status.
    status: Option<Status>,
    // The parameters `limit` and `cursor`.
    page: PageRequest,
) -> Result<Page<Invoice>, ToolError> {
    // `fetch` is one row more than `limit`, so that `keyset` sees if another page follows.
    let rows = invoices.of_customer(&customer, status, page.after()?, page.fetch()).await?;
    Page::keyset(rows, &page, |last| (last.issued, last.number.clone()))
}

/// One invoice with its payments and reminders.
#[mcp_tool(version = "1.0", scope = "invoices:read", read_only)]
pub async fn get_invoice(
    invoices: &Invoices,
    /// Invoice number, such as inv_00000042.
    number: InvoiceNumber,
) -> Result<InvoiceDetails, LedgerError> {
    invoices.details(&number).await
}

/// Issue an invoice to a customer, dated today.
#[mcp_tool(version = "1.0", scope = "invoices:write")]
pub async fn create_invoice(
    invoices: &Invoices,
    /// Account name of the customer.
    #[arg(min_len = 1, max_len = 80)]
    customer: String,
    /// Amount in cents.
    #[arg(min = 1, max = 10_000_000)]
    cents: i64,
    /// Days until the payment is due.
    #[arg(min = 0, max = 180, default = 30)]
    due_in_days: u32,
) -> Result<Invoice, LedgerError> {
    let issued = Utc::now().date_naive();
    let due = issued + chrono::Days::new(due_in_days.into());
    invoices.create(&customer, cents, issued, due).await
}

/// Remind a customer of an open invoice.
#[mcp_tool(version = "1.1", scope = "invoices:write", open_world, rate = "30/h")]
pub async fn send_reminder(
    invoices: &Invoices,
    /// Invoice number, such as inv_00000042.
    number: InvoiceNumber,
) -> Result<Reminder, LedgerError> {
    let reminders = invoices.remind(&number).await?;
    Ok(Reminder { number, reminders })
}

/// Void an invoice that was issued in error. The invoice is kept.
#[mcp_tool(version = "1.0", scope = "invoices:write", idempotent)]
pub async fn void_invoice(
    invoices: &Invoices,
    /// Invoice number, such as inv_00000042.
    number: InvoiceNumber,
    /// Reason for voiding the invoice.
    #[arg(min_len = 3, max_len = 500)]
    reason: String,
) -> Result<InvoiceDetails, LedgerError> {
    invoices.void(&number, &reason).await?;
    invoices.details(&number).await
}

/// Delete an invoice permanently.
#[mcp_tool(version = "1.1", scope = "invoices:delete", destructive, rate = "10/min")]
pub async fn delete_invoice(
    cx: &CallContext,
    invoices: &Invoices,
    /// Invoice number, such as inv_00000042.
    number: InvoiceNumber,
    /// Reason for the deletion; recorded with the caller's name.
    #[arg(max_len = 500)]
    reason: Option<String>,
) -> Result<Deleted, LedgerError> {
    invoices.delete(&number, cx.caller().user(), reason.as_deref()).await?;
    Ok(Deleted { number })
}

/// Maps ledger errors to tool errors.
impl From<LedgerError> for ToolError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::NoInvoice | LedgerError::NoCustomer => ToolError::not_found(error.to_string()),
            LedgerError::NotOpen(_) => ToolError::conflict(error.to_string()),
            LedgerError::Database(_) | LedgerError::Count(_) => ToolError::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use mcp_tool_runtime::{ErrorKind, testing::TestServer};
    use serde_json::json;

    use super::*;

    /// Starts the server on a ledger with only the customer `Alder & Finch`. `delete_invoice` is allowed, because a
    /// destructive tool without a gate doesn't run otherwise.
    async fn server() -> TestServer {
        let server = crate::server().state_with(Invoices::in_memory);
        TestServer::start_allowing(server, ["delete_invoice"]).await.unwrap()
    }

    #[test]
    fn contracts_match_the_lock() {
        mcp_tool_runtime::testing::check_contracts(&crate::server()).unwrap();
    }

    #[tokio::test]
    async fn pages_contain_each_invoice_once() {
        let server = server().await;
        for cents in 1..=25 {
            server
                .call("create_invoice", json!({ "customer": "Alder & Finch", "cents": cents }))
                .await
                .unwrap();
        }
        let mut arguments = json!({ "customer": "Alder & Finch", "status": "open", "limit": 10 });
        let mut numbers = Vec::new();
        loop {
            let page = server.call("list_invoices", &arguments).await.unwrap().json();
            numbers.extend(page["items"].as_array().unwrap().iter().map(|invoice| invoice["number"].clone()));
            if page["next_cursor"].is_null() {
                break;
            }
            arguments["cursor"] = page["next_cursor"].clone();
        }
        let mut distinct = numbers.clone();
        distinct.sort_by_key(|number| number.to_string());
        distinct.dedup();
        assert_eq!((numbers.len(), distinct.len()), (25, 25));
    }

    #[tokio::test]
    async fn cursor_is_valid_only_for_its_query_and_its_caller() {
        let server = server().await;
        for cents in 1..=3 {
            server
                .call("create_invoice", json!({ "customer": "Alder & Finch", "cents": cents }))
                .await
                .unwrap();
        }
        let query = json!({ "customer": "Alder & Finch", "limit": 2 });
        let page = server.call("list_invoices", &query).await.unwrap().json();
        let cursor = page["next_cursor"].as_str().unwrap();

        // `null` counts as an absent argument, so only the limit differs from `query`.
        let other_limit =
            json!({ "customer": "Alder & Finch", "limit": 1, "status": null, "cursor": cursor });
        assert!(
            server.call("list_invoices", other_limit).await.is_ok(),
            "a cursor must be valid with another limit"
        );

        let other_status =
            json!({ "customer": "Alder & Finch", "status": "open", "limit": 2, "cursor": cursor });
        let refused = server.call("list_invoices", other_status).await.unwrap_err();
        assert_eq!(refused.violations().unwrap().listed()[0].pointer, "/cursor");

        let other_caller = server.as_caller(Caller::new("ann").with_scopes(["invoices:read"]));
        let same_query = json!({ "customer": "Alder & Finch", "limit": 2, "cursor": cursor });
        assert_eq!(
            other_caller.call("list_invoices", same_query).await.unwrap_err().kind(),
            Some(ErrorKind::InvalidArguments)
        );
    }

    #[tokio::test]
    async fn reminder_voiding_and_deletion_change_the_invoice() {
        let server = server().await;
        let invoice = server
            .call("create_invoice", json!({ "customer": "Alder & Finch", "cents": 100 }))
            .await
            .unwrap();
        let number = invoice.json()["number"].clone();

        let reminded = server.call("send_reminder", json!({ "number": number })).await.unwrap();
        assert_eq!(reminded.json()["reminders"], 1);

        let void =
            server.call("void_invoice", json!({ "number": number, "reason": "issued twice" })).await.unwrap();
        assert_eq!(
            (&void.json()["status"], &void.json()["void_reason"]),
            (&json!("void"), &json!("issued twice"))
        );

        let refused = server.call("send_reminder", json!({ "number": number })).await.unwrap_err();
        assert_eq!(refused.kind(), Some(ErrorKind::Conflict));

        server.call("delete_invoice", json!({ "number": number })).await.unwrap();
        let gone = server.call("get_invoice", json!({ "number": number })).await.unwrap_err();
        assert_eq!(gone.kind(), Some(ErrorKind::NotFound));
    }

    #[tokio::test]
    async fn malformed_invoice_number_is_refused_with_its_required_length() {
        let refused = server().await.call("get_invoice", json!({ "number": "inv_1" })).await.unwrap_err();
        assert_eq!(
            refused.violations().unwrap().to_string(),
            "/number: must be exactly 12 characters, got 5"
        );
    }

    #[tokio::test]
    async fn delete_invoice_names_the_scope_that_a_reader_lacks() {
        let reader = server().await.as_caller(Caller::new("ann").with_scopes(["invoices:read"]));
        let refused = reader.call("delete_invoice", json!({ "number": "inv_00000001" })).await.unwrap_err();
        assert_eq!(refused.missing_scopes(), ["invoices:delete"]);
    }
}
