//! Clients of upstreams, the services that tools call.

use std::{any::Any, fmt};

/// Clients of the configured upstreams, made before the server starts. This crate only stores them for the calls:
/// `mcp-tool-auth` makes them, and downcasts to its own type by [`Outbound::as_any`] when a tool uses them.
pub trait Outbound: fmt::Debug + Send + Sync + 'static {
    /// Returns `self`, to be downcast to the type that implements this trait.
    fn as_any(&self) -> &dyn Any;
}
