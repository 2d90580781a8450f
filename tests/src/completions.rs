//! Tools with completion functions, which suggest values of an argument. Some of these functions fail.

use std::time::Duration;

use mcp_tool_runtime::prelude::*;

use crate::{CallGuard, Counters, Mode};

/// Suggests customers and the caller's user name, if they start with the typed text in any letter case. Each run counts
/// as a finished call in `counters`, so that tests see it.
async fn customers(counters: &Counters, cx: &CallContext, typed: &str) -> Vec<String> {
    let mut guard = CallGuard::of(counters);
    guard.finished = true;
    // The last name is longer than the parameter `customer` allows.
    let customers = ["Ann & Co", "Anna", "Bob", "Annabel the third"].into_iter().map(str::to_owned);
    let caller = [cx.caller().user().to_owned()];
    customers.chain(caller).filter(|name| name.to_lowercase().starts_with(&typed.to_lowercase())).collect()
}

/// Suggests all whole numbers below the typed number, or nothing if the typed text isn't a number.
async fn many(typed: &str) -> Vec<String> {
    (0..typed.parse().unwrap_or(0)).map(|number: u32| number.to_string()).collect()
}

/// Panics, returns an error or waits for an hour, as the typed text says. Suggests nothing for any other text.
async fn failing(counters: &Counters, typed: &str) -> Result<Vec<String>, ToolError> {
    match typed {
        "panics" => panicking(),
        // The text of an internal error may appear only in the log.
        "internal" => Err(ToolError::internal("password=hunter2 was in the connection string")),
        "invalid" => Err(ToolError::invalid_argument("how", "no value starts with this text")),
        "waits" => {
            let _guard = CallGuard::of(counters);
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            Ok(Vec::new())
        }
        _ => Ok(Vec::new()),
    }
}

#[expect(clippy::panic, reason = "tests a panicking function")]
fn panicking() -> ! {
    panic!("this text must appear only in the log")
}

// The low rate shows whether a completion counts as a call.
/// Assigns an order.
#[mcp_tool(version = "2.0", scope = "specimen:read", read_only, rate = "1/h", timeout = "1s")]
pub async fn assign(
    cx: &CallContext,
    counters: &Counters,
    /// Customer.
    #[arg(complete = customers(counters, cx), max_len = 10)]
    customer: String,
    /// Order numbers.
    #[arg(complete = many, max_len = 3)]
    numbers: Option<Vec<String>>,
    /// Kind of failure.
    #[arg(complete = failing(counters))]
    how: Option<String>,
    /// A secret argument: its values aren't suggested, although `Mode` lists them.
    #[arg(secret)]
    hidden: Option<Mode>,
    /// Assign immediately.
    now: Option<bool>,
) -> String {
    let _ = (cx, counters, numbers, how, hidden, now);
    customer
}

/// Version 1 of `assign`, whose completion function differs from that of version 2.
pub mod v1 {
    use super::*;

    async fn customers(_typed: &str) -> Vec<String> {
        vec!["old".to_owned()]
    }

    /// Assigns an order.
    #[mcp_tool(version = "1.0", scope = "specimen:read", read_only)]
    pub async fn assign(
        /// Customer.
        #[arg(complete = customers)]
        customer: String,
    ) -> String {
        customer
    }
}

// Destructive and without a gate, so the tool runs only if the operator allows it.
/// Erase a customer.
#[mcp_tool(version = "1.0", scope = "specimen:destroy", destructive)]
pub async fn erase(
    counters: &Counters,
    /// Customer.
    #[arg(complete = erasable(counters))]
    customer: String,
) {
    let _ = (counters, customer);
}

/// Suggests one customer, and counts each run as a finished call.
async fn erasable(counters: &Counters, _typed: &str) -> Vec<String> {
    let mut guard = CallGuard::of(counters);
    guard.finished = true;
    vec!["ann".to_owned()]
}
