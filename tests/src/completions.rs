//! Tools with completions that succeed and fail.

use std::time::Duration;

use mcp_tool_runtime::prelude::*;

use crate::{Mode, Seen, Watch};

/// Customers whose name starts with the typed text.
async fn customers(seen: &Seen, cx: &CallContext, typed: &str) -> Vec<String> {
    let mut watch = Watch::of(seen);
    watch.finished = true;
    let known = ["Ann & Co", "Anna", "Bob", "Annabel the third"].into_iter().map(str::to_owned);
    let own = [cx.caller().user().to_owned()];
    known.chain(own).filter(|name| name.to_lowercase().starts_with(&typed.to_lowercase())).collect()
}

/// As many numbers as the typed text says.
async fn many(typed: &str) -> Vec<String> {
    (0..typed.parse().unwrap_or(0)).map(|number: u32| number.to_string()).collect()
}

/// Fails in the way that the typed text names.
async fn failing(seen: &Seen, typed: &str) -> Result<Vec<String>, ToolError> {
    match typed {
        "panics" => panicking(),
        "internal" => Err(ToolError::internal("password=hunter2 was in the connection string")),
        "invalid" => Err(ToolError::invalid_argument("how", "nothing begins so")),
        "waits" => {
            let _watch = Watch::of(seen);
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            Ok(Vec::new())
        }
        _ => Ok(Vec::new()),
    }
}

#[expect(clippy::panic, reason = "tests a panicking function")]
fn panicking() -> ! {
    panic!("the reason is in the log")
}

/// Assigns an order.
#[mcp_tool(version = "2.0", scope = "specimen:read", read_only, rate = "1/h", timeout = "1s")]
pub async fn assign(
    cx: &CallContext,
    seen: &Seen,
    /// Customer.
    #[arg(complete = customers(seen, cx), max_len = 10)]
    customer: String,
    /// Order numbers.
    #[arg(complete = many, max_len = 3)]
    numbers: Option<Vec<String>>,
    /// Kind of failure.
    #[arg(complete = failing(seen))]
    how: Option<String>,
    /// A secret mode.
    #[arg(secret)]
    hidden: Option<Mode>,
    /// Assign immediately.
    now: Option<bool>,
) -> String {
    let _ = (cx, seen, numbers, how, hidden, now);
    customer
}

/// Version 1.
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

/// Erase a customer.
#[mcp_tool(version = "1.0", scope = "specimen:destroy", destructive)]
pub async fn erase(
    seen: &Seen,
    /// Customer.
    #[arg(complete = erasable(seen))]
    customer: String,
) {
    let _ = (seen, customer);
}

/// One customer; counts its runs.
async fn erasable(seen: &Seen, _typed: &str) -> Vec<String> {
    let mut watch = Watch::of(seen);
    watch.finished = true;
    vec!["ann".to_owned()]
}
