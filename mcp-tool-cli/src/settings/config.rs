//! Typed values of all settings, with their defaults.

#[cfg(feature = "oauth")]
use std::collections::BTreeMap;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

#[cfg(feature = "oauth")]
use mcp_tool_auth::{inbound::OAuthSettings, outbound::UpstreamConfig};
use mcp_tool_core::{
    application::{Application, OperatorSettings},
    network::Network,
};
use tracing::level_filters::LevelFilter;

/// Configuration of a server and of the commands that share its settings.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// Address that `serve --http` listens on.
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) log: LevelFilter,
    /// Settings that apply to all transports: limits, gates, versions, audit, revocations and others.
    pub(crate) settings: OperatorSettings,
    pub(crate) http: HttpConfig,
    #[cfg(feature = "oauth")]
    pub(crate) oauth: OAuthSettings,
    /// Upstreams by name.
    #[cfg(feature = "oauth")]
    pub(crate) upstreams: BTreeMap<String, UpstreamConfig>,
}

/// Configuration of HTTP. Builds without the feature `http` accept these settings too, so that one settings file fits
/// more builds. Only `tls_cert` and `tls_key` need a feature (`oauth`).
#[derive(Clone, Debug)]
pub(crate) struct HttpConfig {
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) tls_cert: Option<PathBuf>,
    pub(crate) tls_key: Option<PathBuf>,
    pub(crate) trusted_proxies: Vec<Network>,
    /// Maximum size of a request body, in bytes.
    pub(crate) max_body: usize,
    pub(crate) max_connections: u32,
    /// Maximum number of sessions for clients of revisions up to 2025-11-25. 0 means that no sessions are offered.
    pub(crate) legacy_sessions: u32,
    /// Time after which an unused session is dropped.
    pub(crate) session_idle: Duration,
    /// Time that running calls have to finish after a signal.
    pub(crate) grace: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: None,
            log: LevelFilter::INFO,
            settings: OperatorSettings::default(),
            http: HttpConfig {
                allowed_hosts: Vec::new(),
                allowed_origins: Vec::new(),
                tls_cert: None,
                tls_key: None,
                trusted_proxies: Vec::new(),
                max_body: 4 * 1024 * 1024,
                max_connections: 16_384,
                legacy_sessions: 0,
                session_idle: Duration::from_secs(300),
                grace: Duration::from_secs(30),
            },
            #[cfg(feature = "oauth")]
            oauth: OAuthSettings::default(),
            #[cfg(feature = "oauth")]
            upstreams: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Returns the defaults for an application, which may set the number of legacy sessions.
    pub(crate) fn of(application: &Application) -> Self {
        let mut config = Config::default();
        config.http.legacy_sessions = application.legacy_sessions;
        config
    }

    /// Returns `true` if callers over HTTP need a token.
    pub(crate) fn has_oauth(&self) -> bool {
        #[cfg(feature = "oauth")]
        return self.oauth.is_set();
        #[cfg(not(feature = "oauth"))]
        false
    }
}
