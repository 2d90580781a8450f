//! Server with a middleware that checks a header, and a middleware that meters calls. Run it by
//! `cargo run -p middleware -- serve --http 127.0.0.1:8080`.

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use mcp_tool_runtime::{Middleware, MiddlewareFuture, Next, prelude::*};

/// Middleware that refuses calls unless their header `X-Tenant` is the given tenant. Calls over stdio have no headers,
/// so they are refused.
struct OnlyFor(&'static str);

impl Middleware for OnlyFor {
    fn headers(&self) -> &'static [&'static str] {
        &["X-Tenant"]
    }

    fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        Box::pin(async move {
            match call.header("X-Tenant") {
                Some(tenant) if tenant == self.0 => next.run().await,
                _ => next.refuse(ToolError::refused(format!("set the header X-Tenant to {}", self.0))),
            }
        })
    }
}

/// Middleware that counts the units that each user spends: one for each call that ran, and one for each whole KiB of
/// the call's result. The tool `spent` reads the units. Clones share the counts.
#[derive(Clone, Default)]
struct Meter(Arc<Mutex<BTreeMap<String, u64>>>);

impl Middleware for Meter {
    fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        Box::pin(async move {
            let outcome = next.run().await;
            // A call costs nothing if it was refused before its function began.
            if outcome.has_begun() {
                let mut units_by_user = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                *units_by_user.entry(call.caller().user().to_owned()).or_default() +=
                    1 + outcome.size() as u64 / 1_024;
            }
            outcome
        })
    }
}

/// Units of the caller.
#[derive(serde::Serialize, ToolSchema)]
struct Spent {
    /// Units spent so far, without this call.
    units: u64,
}

/// Return the units that the caller has spent.
#[mcp_tool(version = "1.0", scope = "costs:read", read_only)]
async fn spent(cx: &CallContext, meter: &Meter) -> Spent {
    let units_by_user = meter.0.lock().unwrap_or_else(PoisonError::into_inner);
    Spent { units: units_by_user.get(cx.caller().user()).copied().unwrap_or_default() }
}

/// Repeat a text.
#[mcp_tool(version = "1.0", scope = "text:write", read_only)]
async fn repeat(
    /// Text to repeat.
    #[arg(max_len = 80)]
    text: String,
    /// Number of repetitions.
    #[arg(max = 1_000)]
    times: u16,
) -> String {
    text.repeat(times.into())
}

fn main() -> ExitCode {
    let meter = Meter::default();
    ToolServer::new("middleware", env!("CARGO_PKG_VERSION"))
        .tools(tools![spent, repeat])
        .state(meter.clone())
        // Runs first, because the middleware that is added first is the outermost.
        .layer(meter)
        .layer_for(tools![repeat], OnlyFor("acme"))
        .run_blocking()
}
