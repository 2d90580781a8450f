//! Connections to upstreams.

use std::{any::Any, fmt};

/// Connections to upstreams, opened before the server starts. The crate that opened them gets its own type back by
/// [`Outbound::as_any`].
pub trait Outbound: fmt::Debug + Send + Sync + 'static {
    /// Returns the implementation, to be downcast.
    fn as_any(&self) -> &dyn Any;
}
