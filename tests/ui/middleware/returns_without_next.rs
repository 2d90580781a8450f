//! Middleware must return the outcome of the call.

use mcp_tool_runtime::{CallContext, MiddlewareFuture, Middleware, Next};

struct Nothing;

impl Middleware for Nothing {
    fn handle<'c>(&'c self, _: &'c CallContext, _: Next<'c>) -> MiddlewareFuture<'c> {
        Box::pin(async move {})
    }
}

fn main() {}
