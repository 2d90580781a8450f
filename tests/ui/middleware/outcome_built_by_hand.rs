//! The outcome of a call can't be constructed or changed.

use mcp_tool_runtime::{CallContext, MiddlewareFuture, Middleware, Next, CallResult};

struct Invents;

impl Middleware for Invents {
    fn handle<'c>(&'c self, _: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        Box::pin(async move {
            let outcome = next.run().await;
            CallResult { ..outcome }
        })
    }
}

fn main() {}
