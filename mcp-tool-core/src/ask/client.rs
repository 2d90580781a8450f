//! Trait of clients that can receive requests during a call: over stdio and in HTTP sessions, up to
//! 2025-11-25.

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::Capabilities;

/// Reason why a request to a client has no result.
#[derive(Clone, Debug)]
pub enum Unanswered {
    /// The client answered with a JSON-RPC error that has this message.
    Refused(String),
    /// The client disconnected.
    Gone,
}

/// Client that can receive requests while its call runs.
pub trait Client: Send + Sync {
    /// Returns the capabilities that the client declared in `initialize`.
    fn capabilities(&self) -> Capabilities;

    /// Sends a request, and returns the client's result or the reason why there is none.
    fn request(&self, method: &'static str, params: Value) -> BoxFuture<'_, Result<Value, Unanswered>>;
}
