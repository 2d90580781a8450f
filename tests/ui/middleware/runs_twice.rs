//! Middleware can run a call only once.

use mcp_tool_runtime::{CallContext, MiddlewareFuture, Middleware, Next, prelude::*};

struct Retries;

impl Middleware for Retries {
    fn handle<'c>(&'c self, _: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        Box::pin(async move {
            let outcome = next.run().await;
            if outcome.is_success() { outcome } else { next.run().await }
        })
    }
}

struct RefusesAfterwards;

impl Middleware for RefusesAfterwards {
    fn handle<'c>(&'c self, _: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        Box::pin(async move {
            drop(next.run().await);
            next.refuse(ToolError::refused("too late"))
        })
    }
}

fn main() {}
