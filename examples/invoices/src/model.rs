//! Types of arguments and results.

use chrono::NaiveDate;
use mcp_tool_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// Number printed on an invoice. Its bounds apply to every parameter of this type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToolSchema)]
#[schema(min_len = 12, max_len = 12, pattern = "^inv_[0-9]{8}$")]
pub struct InvoiceNumber(pub String);

/// Status of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToolSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Open,
    Paid,
    Void,
}

impl Status {
    /// Returns the name of the status in results and in the database.
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
    /// Invoice number.
    pub number: InvoiceNumber,
    /// Account name of the customer.
    #[schema(max_len = 80)]
    pub customer: String,
    /// Status of the invoice.
    pub status: Status,
    /// Day of issue.
    pub issued: NaiveDate,
    /// Day by which the invoice must be paid.
    pub due: NaiveDate,
    /// Amount in cents.
    #[schema(min = 1)]
    pub cents: i64,
}

/// An invoice with its payments and reminders.
#[derive(Debug, Serialize, ToolSchema)]
pub struct InvoiceDetails {
    #[serde(flatten)]
    pub invoice: Invoice,
    /// Number of reminders sent so far.
    pub reminders: u32,
    /// Reason for voiding the invoice.
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
    /// Number of the invoice.
    pub number: InvoiceNumber,
    /// Number of reminders sent so far, including this one.
    pub reminders: u32,
}

/// A deleted invoice.
#[derive(Debug, Serialize, ToolSchema)]
pub struct Deleted {
    /// Number of the deleted invoice. It isn't used again.
    pub number: InvoiceNumber,
}
