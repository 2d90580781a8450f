//! Settings of the HTTP listener.

use std::time::Duration;

use super::origin::Origins;
use crate::network::Network;

/// Settings of the HTTP listener.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Allowed hosts, and allowed origins of web pages.
    pub origins: Origins,
    /// Networks of the proxies that end TLS for this server. `X-Forwarded-For` from these proxies is trusted.
    pub proxies: Vec<Network>,
    /// Maximum size of a request's body, in bytes.
    pub max_body: usize,
    /// Maximum number of open connections.
    pub max_connections: u32,
    /// Maximum number of open sessions of legacy clients (revisions up to 2025-11-25). If `None`, these clients are
    /// served without sessions.
    pub sessions: Option<u32>,
    /// Time after which an idle session ends.
    pub session_idle: Duration,
    /// Time for calls in flight to finish at shutdown, before they are cancelled.
    pub grace: Duration,
}
