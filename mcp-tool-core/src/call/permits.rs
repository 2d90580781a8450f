//! Concurrency permits of one call.

use tokio::sync::OwnedSemaphorePermit;

use crate::shares::{Share, ToolShare};

/// Concurrency permits that a call holds: one of the server, and one for each of the call's tools that declares
/// `concurrency`. Each counts in the share of the caller's user. A call of an adapter has several tools: the adapter
/// and its targets.
///
/// The call's context owns the permits, so they are released when the last clone of the context is dropped.
#[derive(Debug, Default)]
pub(crate) struct Permits {
    /// `None` only in `CallContext::for_test`.
    _server: Option<(OwnedSemaphorePermit, Share)>,
    _tools: Vec<(OwnedSemaphorePermit, ToolShare)>,
}

impl Permits {
    pub(crate) fn new(
        server: (OwnedSemaphorePermit, Share),
        tools: Vec<(OwnedSemaphorePermit, ToolShare)>,
    ) -> Self {
        Permits { _server: Some(server), _tools: tools }
    }
}
