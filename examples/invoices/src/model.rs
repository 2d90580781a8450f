//! Types of arguments and results.

use chrono::NaiveDate;
use mcp_tool_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// The number that is printed on an invoice. Written once: every tool that takes one has its bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToolSchema)]
#[schema(min_len = 12, max_len = 12, pattern = "^inv_[0-9]{8}$")]
pub struct InvoiceNumber(pub String);

/// State of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToolSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Open,
    Paid,
    Void,
}

impl Status {
    /// Name in results and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Paid => "paid",
            Status::Void => "void",
        }
    }
}

/// An invoice.
#[derive(Debug, Serialize, ToolSchema)]
pub struct Invoice {
    /// Its number.
    pub number: InvoiceNumber,
    /// Account name of the customer.
    #[schema(max_len = 80)]
    pub customer: String,
    /// Its state.
    pub status: Status,
    /// Day of issue.
    pub issued: NaiveDate,
    /// Day by which it is to be paid.
    pub due: NaiveDate,
    /// Amount in cents.
    #[schema(min = 1)]
    pub cents: i64,
}

/// An invoice with all that happened to it.
#[derive(Debug, Serialize, ToolSchema)]
pub struct InvoiceDetails {
    #[serde(flatten)]
    pub invoice: Invoice,
    /// Reminders that were sent.
    pub reminders: u32,
    /// Reason for voiding it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_len = 500)]
    pub void_reason: Option<String>,
    /// Payments, latest first.
    #[schema(max_items = 50)]
    pub payments: Vec<Payment>,
}

/// A payment.
#[derive(Debug, Serialize, ToolSchema)]
pub struct Payment {
    /// Day of payment.
    pub paid: NaiveDate,
    /// Amount in cents.
    #[schema(min = 1)]
    pub cents: i64,
}

/// A reminder that was sent.
#[derive(Debug, Serialize, ToolSchema)]
pub struct Reminder {
    /// The invoice that it is about.
    pub number: InvoiceNumber,
    /// Number of reminders so far, including this one.
    pub reminders: u32,
}

/// An invoice that is gone.
#[derive(Debug, Serialize, ToolSchema)]
pub struct Deleted {
    /// Its number, which isn't given again.
    pub number: InvoiceNumber,
}
