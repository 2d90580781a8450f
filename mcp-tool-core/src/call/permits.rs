//! Concurrency permits of one call.

use tokio::sync::OwnedSemaphorePermit;

/// Concurrency permits that a call holds: one of the server, and one of each tool that it runs, if that tool
/// declares a limit.
///
/// They are released when the last clone of the call's context is dropped.
#[derive(Debug, Default)]
pub(crate) struct Permits {
    _server: Option<OwnedSemaphorePermit>,
    _tools: Vec<OwnedSemaphorePermit>,
}

impl Permits {
    pub(crate) fn new(server: OwnedSemaphorePermit, tools: Vec<OwnedSemaphorePermit>) -> Self {
        Permits { _server: Some(server), _tools: tools }
    }
}
