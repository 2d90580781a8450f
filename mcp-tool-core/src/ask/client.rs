//! Clients that receive requests during a call: over stdio and in sessions, up to 2025-11-25.

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::Capabilities;

/// Reason why a client gave no result.
#[derive(Clone, Debug)]
pub enum Unanswered {
    /// The client answered with an error, which has this message.
    Refused(String),
    /// The client disconnected.
    Gone,
}

/// Client that receives requests while its call runs.
pub trait Client: Send + Sync {
    /// Returns the capabilities that it declared at `initialize`.
    fn capabilities(&self) -> Capabilities;

    /// Sends a request and returns its result.
    fn request(&self, method: &'static str, params: Value) -> BoxFuture<'_, Result<Value, Unanswered>>;
}
