//! Settings: what can be set, from where it is taken, and what it came to.

mod http;
#[cfg(feature = "oauth")]
mod named;
#[cfg(not(feature = "oauth"))]
#[path = "named_without.rs"]
mod named;
#[cfg(feature = "oauth")]
mod oauth;
mod sources;
mod table;
mod value;

#[cfg(feature = "oauth")]
use std::collections::BTreeMap;
use std::{ffi::OsString, fmt, path::PathBuf, time::Duration};

use clap::ArgMatches;
use tracing::level_filters::LevelFilter;

#[cfg(feature = "oauth")]
use mcp_tool_auth::{inbound::OAuth, outbound};
use mcp_tool_core::{
    application::{Application, OperatorSettings},
    network::Network,
};
use named::Named;
use sources::Sources;
use table::settings;
pub(super) use table::{config, flag, flags};

/// All that `serve` can be told.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub(super) listen: Option<String>,
    pub(super) log: LevelFilter,
    pub(super) settings: OperatorSettings,
    pub(super) http: Http,
    #[cfg(feature = "oauth")]
    pub(super) oauth: OAuth,
    /// Upstreams by name.
    #[cfg(feature = "oauth")]
    pub(super) upstreams: BTreeMap<String, outbound::Settings>,
}

/// What HTTP can be told; kept whether or not it is compiled in, so that the file means the same.
#[derive(Clone, Debug)]
pub(super) struct Http {
    pub(super) allowed_hosts: Vec<String>,
    pub(super) allowed_origins: Vec<String>,
    pub(super) tls_cert: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) trusted_proxies: Vec<Network>,
    pub(super) max_body: usize,
    pub(super) max_connections: u32,
    pub(super) legacy_sessions: u32,
    pub(super) session_idle: Duration,
    pub(super) grace: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: None,
            log: LevelFilter::INFO,
            settings: OperatorSettings::default(),
            http: Http {
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
            oauth: OAuth::default(),
            #[cfg(feature = "oauth")]
            upstreams: BTreeMap::new(),
        }
    }
}

impl Config {
    /// What holds where nothing is set, as the application has it.
    pub(super) fn of(application: &Application) -> Self {
        let mut config = Config::default();
        config.http.legacy_sessions = application.legacy_sessions;
        config
    }

    /// Returns `true` where callers need a token.
    pub(super) fn has_oauth(&self) -> bool {
        #[cfg(feature = "oauth")]
        return self.oauth.is_set();
        #[cfg(not(feature = "oauth"))]
        false
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Default,
    File(String),
    Environment(String),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path) => f.write_str(path),
            Origin::Environment(variable) => f.write_str(variable),
            Origin::Flag(flag) => write!(f, "--{flag}"),
        }
    }
}

/// The settings, and where each came from.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) config: Config,
    origins: Vec<Origin>,
    named: Named,
}

impl Loaded {
    /// Each setting as a line of TOML, with its origin behind it.
    pub(super) fn print(&self) -> String {
        let mut lines = String::new();
        for (setting, origin) in settings().zip(&self.origins) {
            lines.push_str(&format!("{} = {}  # {origin}\n", setting.key, (setting.show)(&self.config)));
        }
        lines.push_str(&self.named.print());
        lines
    }
}

/// Puts the settings together: flags before environment before file before defaults.
///
/// # Errors
/// A value that can't be used, and any name that is no setting.
pub(super) fn load(
    matches: &ArgMatches,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    defaults: Config,
) -> Result<Loaded, String> {
    let sources = Sources::read(matches, environment)?;
    let mut loaded = Loaded { config: defaults, origins: Vec::new(), named: Named::default() };
    for setting in settings() {
        let (origin, given) = sources.of(setting);
        if let Some(given) = given {
            (setting.set)(&mut loaded.config, &given).map_err(|reason| {
                let shown =
                    if setting.flag.is_some() { format!("{:?}: ", given.join(",")) } else { String::new() };
                format!("{} (from {origin}): {shown}{reason}", setting.key)
            })?;
        }
        loaded.origins.push(origin);
    }
    loaded.named = sources.named;
    #[cfg(feature = "oauth")]
    {
        loaded.config.upstreams = loaded.named.judged()?;
    }
    Ok(loaded)
}
