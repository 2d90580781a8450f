//! Settings of the HTTP listener.

use std::time::Duration;

use super::origin::Origins;
use crate::network::Network;

/// Settings of the HTTP listener.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Allowed hosts and origins.
    pub origins: Origins,
    /// Proxies that end TLS for this server; their `X-Forwarded-For` is trusted.
    pub proxies: Vec<Network>,
    /// Maximum bytes of a request's body.
    pub max_body: usize,
    /// Maximum open connections.
    pub max_connections: u32,
    /// Maximum legacy sessions; `None` serves legacy clients without sessions.
    pub sessions: Option<u32>,
    /// Time after which an idle session ends.
    pub session_idle: Duration,
    /// Time for calls in flight to finish at shutdown.
    pub grace: Duration,
}
