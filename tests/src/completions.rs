//! Arguments that complete, well and badly.

use std::time::Duration;

use mcp_tool_runtime::prelude::*;

use crate::{Mode, Seen, Watch};

/// Whom there is.
async fn customers(seen: &Seen, cx: &CallContext, typed: &str) -> Vec<String> {
    let mut watch = Watch::of(seen);
    watch.finished = true;
    let known = ["Ann & Co", "Anna", "Bob", "Annabel the third"].into_iter().map(str::to_owned);
    let own = [cx.caller().user().to_owned()];
    known.chain(own).filter(|name| name.to_lowercase().starts_with(&typed.to_lowercase())).collect()
}

/// As many as are asked for.
async fn many(typed: &str) -> Vec<String> {
    (0..typed.parse().unwrap_or(0)).map(|number: u32| number.to_string()).collect()
}

/// None, each in a way of its own.
async fn none(seen: &Seen, typed: &str) -> Result<Vec<String>, ToolError> {
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

#[expect(clippy::panic, reason = "panics are what it is for")]
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
    /// Which.
    #[arg(complete = many, max_len = 3)]
    numbers: Option<Vec<String>>,
    /// How it fails.
    #[arg(complete = none(seen))]
    how: Option<String>,
    /// How safe, which is nobody's to know.
    #[arg(secret)]
    hidden: Option<Mode>,
    /// Whether now.
    now: Option<bool>,
) -> String {
    let _ = (cx, seen, numbers, how, hidden, now);
    customer
}

/// As it was.
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

/// What only writers call.
#[mcp_tool(version = "1.0", scope = "specimen:destroy", destructive)]
pub async fn erase(
    seen: &Seen,
    /// Customer.
    #[arg(complete = whom(seen))]
    customer: String,
) {
    let _ = (seen, customer);
}

async fn whom(seen: &Seen, _typed: &str) -> Vec<String> {
    let mut watch = Watch::of(seen);
    watch.finished = true;
    vec!["ann".to_owned()]
}
