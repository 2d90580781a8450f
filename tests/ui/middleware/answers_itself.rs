//! A layer hands back what the call came to, and nothing else.

use mcp_tool_runtime::{CallContext, Handling, Middleware, Next};

struct Nothing;

impl Middleware for Nothing {
    fn handle<'c>(&'c self, _: &'c CallContext, _: Next<'c>) -> Handling<'c> {
        Box::pin(async move {})
    }
}

fn main() {}
