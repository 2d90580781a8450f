//! Middleware as the application registered it.

use std::{any::type_name, sync::Arc};

use super::Middleware;
use crate::tool::ToolEntry;

/// Middleware, and the tools that it is for.
pub struct RegisteredMiddleware {
    /// Name of the middleware's type, for errors at start.
    pub(super) type_name: &'static str,
    /// The tools; all of them if `None`.
    tools: Option<&'static [ToolEntry]>,
    pub(super) middleware: Arc<dyn Middleware>,
}

impl RegisteredMiddleware {
    /// Registers middleware for some tools, or for all.
    pub fn new<M: Middleware>(tools: Option<&'static [ToolEntry]>, middleware: M) -> Self {
        RegisteredMiddleware { type_name: type_name::<M>(), tools, middleware: Arc::new(middleware) }
    }

    /// Returns the tools that the middleware is for; `None` for all tools.
    pub(crate) fn tools(&self) -> Option<&'static [ToolEntry]> {
        self.tools
    }

    /// Returns true if the middleware is for the tool with this name.
    pub(crate) fn is_for(&self, tool: &str) -> bool {
        self.tools.is_none_or(|tools| tools.iter().any(|entry| entry.contract().name() == tool))
    }

    /// Returns the middleware.
    pub(crate) fn middleware(&self) -> Arc<dyn Middleware> {
        Arc::clone(&self.middleware)
    }
}
