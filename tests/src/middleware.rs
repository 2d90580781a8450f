//! Middleware of the test server.

use std::env::var_os;

use mcp_tool_runtime::{CallContext, Middleware, MiddlewareFuture, Next, ToolEntry, ToolServer, prelude::*};

/// Writes two lines to stderr, before and after each call. The field is the name of the middleware in the lines.
struct Logs(&'static str);

impl Middleware for Logs {
    fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        Box::pin(async move {
            let (name, tool) = (self.0, call.contract().name());
            eprintln!("the {name} middleware takes {tool}");
            let outcome = next.run().await;
            let (error, begun) = (outcome.error(), outcome.has_begun());
            eprintln!("the {name} middleware saw {tool}: {error:?}, begun {begun}, {} bytes", outcome.size());
            outcome
        })
    }
}

/// Accepts only calls with the header `X-Tenant: acme`. Middleware must read only the headers that it declares, so a
/// call whose `User-Agent` is readable is refused too.
struct OneTenant;

impl Middleware for OneTenant {
    fn headers(&self) -> &'static [&'static str] {
        &["X-Tenant"]
    }

    fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        Box::pin(async move {
            if call.header("x-tenant") == Some("acme") && call.header("User-Agent").is_none() {
                return next.run().await;
            }
            next.refuse(ToolError::refused("X-Tenant has to be acme"))
        })
    }
}

/// Runs the call, then panics.
struct Panics;

impl Middleware for Panics {
    #[expect(clippy::panic, reason = "tests panicking middleware")]
    fn handle<'c>(&'c self, _: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        Box::pin(async move {
            drop(next.run().await);
            panic!("this text must appear only in the log")
        })
    }
}

/// Adds middleware if the environment variable `SPECIMEN_MIDDLEWARE` is set: logging for all tools, a tenant check for
/// the tools `tenant_only`, and a panic after calls of the tools `panicking`. The first `layer` is the outermost.
pub fn with_middleware(
    server: ToolServer,
    tenant_only: &'static [ToolEntry],
    panicking: &'static [ToolEntry],
) -> ToolServer {
    match var_os("SPECIMEN_MIDDLEWARE") {
        Some(_) => server
            .layer(Logs("outer"))
            .layer_for(tenant_only, OneTenant)
            .layer(Logs("inner"))
            .layer_for(panicking, Panics),
        None => server,
    }
}
