//! Concurrency permits of one call.

use tokio::sync::OwnedSemaphorePermit;

/// Concurrency permits that a call holds: one of the server, and one of each tool that the call runs and that declares
/// `concurrency`. An adapter runs several tools.
///
/// The call's context owns the permits, so they are released when the last clone of the context is dropped.
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
