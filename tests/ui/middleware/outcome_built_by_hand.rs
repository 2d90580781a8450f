//! The outcome of a call can't be constructed or changed.

use mcp_tool_runtime::{CallContext, Handling, Middleware, Next, Outcome};

struct Invents;

impl Middleware for Invents {
    fn handle<'c>(&'c self, _: &'c CallContext, next: Next<'c>) -> Handling<'c> {
        Box::pin(async move {
            let outcome = next.run().await;
            Outcome { ..outcome }
        })
    }
}

fn main() {}
