//! A client that is sent requests while its call runs: over stdio, and in sessions, until 2025-11-25.

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::Capabilities;

/// Why a client gave no answer.
#[derive(Clone, Debug)]
pub enum Unanswered {
    /// It answered with this error.
    Refused(String),
    /// It is gone.
    Gone,
}

/// A client that can be sent requests.
pub trait Client: Send + Sync {
    /// What it declared when it connected.
    fn capabilities(&self) -> Capabilities;

    /// Sends it a request; gives its result.
    fn request(&self, method: &'static str, params: Value) -> BoxFuture<'_, Result<Value, Unanswered>>;
}
