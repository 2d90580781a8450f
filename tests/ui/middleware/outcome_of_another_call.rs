//! Middleware can't return the outcome of another call, nor outlive its own call.

use std::sync::Mutex;

use mcp_tool_runtime::{CallContext, MiddlewareFuture, Middleware, Next, CallResult};

struct Keeps(Mutex<Option<CallResult<'static>>>);

impl Middleware for Keeps {
    fn handle<'c>(&'c self, _: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        Box::pin(async move {
            let outcome = next.run().await;
            self.0.lock().unwrap().replace(outcome).unwrap()
        })
    }
}

struct Later;

impl Middleware for Later {
    fn handle<'c>(&'c self, _: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        tokio::spawn(async move { drop(next.run().await) });
        Box::pin(std::future::pending())
    }
}

fn main() {}
