//! HTTP clients of the configured upstreams, each with the credentials for its upstream.

use std::{any::Any, collections::BTreeMap, fmt, sync::Arc, time::Duration};

use mcp_tool_contract::model::Contract;
use mcp_tool_core::{error_chain::chain, ports::Outbound, start_error::StartError};
use reqwest::Client;

use super::{
    config::UpstreamConfig, credential::Credentials, resolve::PublicResolver, settings::canonical_name,
};

/// Time limit of a connection attempt.
const CONNECT: Duration = Duration::from_secs(5);
/// Time after which an idle connection is closed.
const IDLE: Duration = Duration::from_secs(60);

/// Client of one upstream.
pub(super) struct UpstreamClient {
    pub(super) name: String,
    pub(super) config: UpstreamConfig,
    pub(super) http: Client,
    pub(super) credentials: Credentials,
}

/// Clients of the configured upstreams, by their names with `-` replaced by `_`, as [`canonical_name`] returns them.
#[derive(Debug, Default)]
pub struct Upstreams(BTreeMap<String, Arc<UpstreamClient>>);

impl Upstreams {
    /// Creates a client for each upstream in `configs`, whose keys are canonical names. Sends no request.
    ///
    /// # Errors
    /// A secret can't be read, an HTTP client can't be created, or a contract declares an upstream that `configs`
    /// doesn't contain.
    pub fn open<'c>(
        configs: &BTreeMap<String, UpstreamConfig>,
        contracts: impl IntoIterator<Item = &'c Contract>,
    ) -> Result<Self, StartError> {
        let mut upstreams = Upstreams::default();
        for (name, config) in configs {
            let client = UpstreamClient::open(name, config)
                .map_err(|reason| StartError::Setting(format!("upstream.{name}.{reason}")))?;
            upstreams.0.insert(name.clone(), Arc::new(client));
        }
        for contract in contracts {
            for upstream in contract.upstreams() {
                if upstreams.find(upstream).is_none() {
                    return Err(StartError::Upstream { tool: contract.name(), upstream });
                }
            }
        }
        Ok(upstreams)
    }

    /// Returns the client of the upstream `name`, which may contain `-`.
    pub(super) fn find(&self, name: &str) -> Option<&Arc<UpstreamClient>> {
        self.0.get(&canonical_name(name).ok()?)
    }
}

impl Outbound for Upstreams {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl UpstreamClient {
    /// Creates the client of one upstream.
    ///
    /// # Errors
    /// The message begins with the key of the setting that causes the error.
    fn open(name: &str, config: &UpstreamConfig) -> Result<Self, String> {
        let resolver = PublicResolver::new(config.allow_private.clone().into());
        // The module `redirect` follows redirects, and the module `request` repeats requests. A proxy could see
        // credentials.
        let http = Client::builder()
            .dns_resolver(Arc::new(resolver))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .user_agent(concat!("mcp-tool-runtime/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("url: the HTTP client can't be created: {}", chain(&error)))?;
        let credentials = Credentials::open(config)?;
        Ok(UpstreamClient { name: name.to_owned(), config: config.clone(), http, credentials })
    }
}

impl fmt::Debug for UpstreamClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "upstream '{}'", self.name)
    }
}
