//! Connections to upstreams.

use std::{any::Any, fmt};

/// Clients of the configured upstreams, made before the server starts. The crate that made them downcasts to its own
/// type by [`Outbound::as_any`].
pub trait Outbound: fmt::Debug + Send + Sync + 'static {
    /// Returns `self`, to be downcast to the type that implements this trait.
    fn as_any(&self) -> &dyn Any;
}
