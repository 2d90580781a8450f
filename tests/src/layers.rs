//! Layers, for tests that want some.

use std::env::var_os;

use mcp_tool_runtime::{CallContext, Handling, Middleware, Next, ToolEntry, ToolServer, prelude::*};

/// Says on stderr what passes it.
struct Says(&'static str);

impl Middleware for Says {
    fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> Handling<'c> {
        Box::pin(async move {
            let (name, tool) = (self.0, call.contract().name);
            eprintln!("the {name} layer takes {tool}");
            let outcome = next.run().await;
            let (error, begun) = (outcome.error(), outcome.has_begun());
            eprintln!("the {name} layer saw {tool}: {error:?}, begun {begun}, {} bytes", outcome.bytes());
            outcome
        })
    }
}

/// Lets those through that name the tenant.
struct OneTenant;

impl Middleware for OneTenant {
    fn headers(&self) -> &'static [&'static str] {
        &["X-Tenant"]
    }

    fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> Handling<'c> {
        Box::pin(async move {
            if call.header("x-tenant") == Some("acme") && call.header("User-Agent").is_none() {
                return next.run().await;
            }
            next.refuse(ToolError::refused("X-Tenant has to be acme"))
        })
    }
}

/// Panics when the call is done.
struct Panics;

impl Middleware for Panics {
    #[expect(clippy::panic, reason = "panics are what it is for")]
    fn handle<'c>(&'c self, _: &'c CallContext, next: Next<'c>) -> Handling<'c> {
        Box::pin(async move {
            drop(next.run().await);
            panic!("the reason is in the log")
        })
    }
}

/// With layers around all tools, one around those that are checked for their tenant, and one that breaks others.
pub fn layered(
    server: ToolServer,
    checked: &'static [ToolEntry],
    broken: &'static [ToolEntry],
) -> ToolServer {
    match var_os("SPECIMEN_LAYERS") {
        Some(_) => server
            .layer(Says("outer"))
            .layer_for(checked, OneTenant)
            .layer(Says("inner"))
            .layer_for(broken, Panics),
        None => server,
    }
}
