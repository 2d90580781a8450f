//! Concurrency permits of one call.

use tokio::sync::OwnedSemaphorePermit;

/// Concurrency permits that a call holds: one of the server, and one for each of the call's tools
/// that declares `concurrency`. A call of an adapter has several tools: the adapter and its
/// targets.
///
/// The call's context owns the permits, so they are released when the last clone of the context is dropped.
#[derive(Debug, Default)]
pub(crate) struct Permits {
    /// `None` only in `CallContext::for_test`.
    _server: Option<OwnedSemaphorePermit>,
    _tools: Vec<OwnedSemaphorePermit>,
}

impl Permits {
    pub(crate) fn new(server: OwnedSemaphorePermit, tools: Vec<OwnedSemaphorePermit>) -> Self {
        Permits { _server: Some(server), _tools: tools }
    }
}
