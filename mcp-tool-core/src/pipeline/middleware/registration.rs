//! Registration of middleware for all tools, or for some tools.

use std::{any::type_name, sync::Arc};

use super::Middleware;
use crate::tool::ToolEntry;

/// Middleware that the application registered, and the tools that the middleware is for.
pub struct RegisteredMiddleware {
    /// Name of the middleware's Rust type, for errors when the server starts.
    pub(super) type_name: &'static str,
    /// The tools that the middleware is for, without the adapters that call them; all tools if `None`.
    tools: Option<&'static [ToolEntry]>,
    pub(super) middleware: Arc<dyn Middleware>,
}

impl RegisteredMiddleware {
    /// Registers middleware for these tools, or for all tools if `None`.
    pub fn new<M: Middleware>(tools: Option<&'static [ToolEntry]>, middleware: M) -> Self {
        RegisteredMiddleware { type_name: type_name::<M>(), tools, middleware: Arc::new(middleware) }
    }

    /// Returns the tools that the middleware is for; `None` for all tools.
    pub(crate) fn tools(&self) -> Option<&'static [ToolEntry]> {
        self.tools
    }

    /// Returns `true` if the middleware is for the tool with this name, in any version. For an adapter, the registry
    /// also asks about each target, since calls of the adapter run them.
    pub(crate) fn is_for(&self, tool: &str) -> bool {
        self.tools.is_none_or(|tools| tools.iter().any(|entry| entry.contract().name() == tool))
    }

    /// Returns the middleware.
    pub(crate) fn middleware(&self) -> Arc<dyn Middleware> {
        Arc::clone(&self.middleware)
    }
}
