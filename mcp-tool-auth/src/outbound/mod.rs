//! Whom a tool may call: services that its contract names, by credentials of the server's own.
//!
//! A function gets a client and never a credential. What the caller came by goes to the token endpoint of an
//! exchange and nowhere else.

mod address;
mod credential;
mod endpoint;
mod fault;
mod follow;
mod given;
mod headers;
mod path;
mod request;
mod resolve;
mod response;
mod settings;

use std::{any::Any, collections::BTreeMap, fmt, sync::Arc, time::Duration};

use mcp_tool_contract::model::Contract;
use reqwest::{Client, Method};

use credential::Credentials;
pub use given::{Given, Key, Wrong, canonical};
use mcp_tool_core::{
    call::context::{CallContext, OutboundCall as _},
    error::ToolError,
    ports::Outbound,
    start_error::StartError,
};
pub use request::UpstreamRequest;
pub use response::UpstreamResponse;
pub use settings::Settings;

/// The longest that a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(60);

/// An upstream that the called tool may reach, for as long as the call lasts.
///
/// The server's credential goes with each request, on its way and no earlier: nothing here tells it.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// async fn status(cx: &CallContext, number: &str) -> Result<String, ToolError> {
///     let billing = cx.upstream("billing")?;
///     let answer = billing.get(&format!("invoices/{number}")).query("fields", "status").send().await?;
///     answer.require_success()?.json().await
/// }
/// ```
#[derive(Clone)]
pub struct Upstream {
    cx: CallContext,
    remote: Arc<Remote>,
}

/// One upstream as the server knows it.
pub(crate) struct Remote {
    name: String,
    settings: Settings,
    client: Client,
    credentials: Credentials,
}

/// Every upstream that the operator set up.
#[derive(Debug, Default)]
pub struct Upstreams(BTreeMap<String, Arc<Remote>>);

impl Upstreams {
    /// Opens what the settings tell of; nothing is asked of anybody yet.
    ///
    /// # Errors
    /// A setting that can't be used, and a tool's upstream that nobody set up.
    pub fn open<'c>(
        settings: &BTreeMap<String, Settings>,
        contracts: impl IntoIterator<Item = &'c Contract>,
    ) -> Result<Self, StartError> {
        let mut upstreams = Upstreams::default();
        for (name, settings) in settings {
            let remote = Remote::open(name, settings)
                .map_err(|reason| StartError::Setting(format!("upstream.{name}.{reason}")))?;
            upstreams.0.insert(name.clone(), Arc::new(remote));
        }
        for contract in contracts {
            for upstream in declared(contract) {
                if upstreams.find(upstream).is_none() {
                    return Err(StartError::Upstream { tool: contract.name, upstream });
                }
            }
        }
        Ok(upstreams)
    }

    fn find(&self, name: &str) -> Option<&Arc<Remote>> {
        self.0.get(&canonical(name).ok()?)
    }
}

/// The upstreams that a tool may reach.
fn declared(contract: &Contract) -> &'static [&'static str] {
    contract.upstreams
}

impl Outbound for Upstreams {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Remote {
    fn open(name: &str, settings: &Settings) -> Result<Self, String> {
        let guard = resolve::Guard::new(settings.allow_private.clone().into());
        let client = Client::builder()
            .dns_resolver(Arc::new(guard))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .user_agent(concat!("mcp-tool-runtime/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                format!("url: no client can be made: {}", mcp_tool_core::error::chain(&error))
            })?;
        let credentials = Credentials::open(settings)?;
        Ok(Remote { name: name.to_owned(), settings: settings.clone(), client, credentials })
    }
}

/// Calls of upstreams, for the functions of tools.
pub trait UpstreamExt {
    /// An upstream that the tool names by `upstream = ["…"]`, asked by a credential of the server's own.
    ///
    /// # Errors
    /// A name that the tool's contract doesn't hold: internal to the caller, told in the log.
    fn upstream(&self, name: &str) -> Result<Upstream, ToolError>;
}

impl UpstreamExt for CallContext {
    fn upstream(&self, name: &str) -> Result<Upstream, ToolError> {
        let tool = self.contract().name;
        if !declared(self.contract()).contains(&name) {
            return Err(ToolError::internal(format!(
                "'{tool}' asked for the upstream '{name}', which its contract doesn't name: add \
                 `upstream = [\"{name}\"]` to its attribute"
            )));
        }
        let outbound = self.outbound().and_then(|outbound| outbound.as_any().downcast_ref::<Upstreams>());
        let remote = outbound.and_then(|upstreams| upstreams.find(name)).ok_or_else(|| {
            ToolError::internal(format!("'{tool}' asked for the upstream '{name}', which nobody set up"))
        })?;
        Ok(Upstream { cx: self.clone(), remote: Arc::clone(remote) })
    }
}

impl Upstream {
    /// The name by which the contract has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.remote.name
    }

    /// Asks for what is at a path below the upstream's address.
    pub fn get(&self, path: &str) -> UpstreamRequest {
        self.request(Method::GET, path)
    }

    /// Sends to a path below the upstream's address.
    pub fn post(&self, path: &str) -> UpstreamRequest {
        self.request(Method::POST, path)
    }

    /// Puts at a path below the upstream's address.
    pub fn put(&self, path: &str) -> UpstreamRequest {
        self.request(Method::PUT, path)
    }

    /// Changes what is at a path below the upstream's address.
    pub fn patch(&self, path: &str) -> UpstreamRequest {
        self.request(Method::PATCH, path)
    }

    /// Deletes what is at a path below the upstream's address.
    pub fn delete(&self, path: &str) -> UpstreamRequest {
        self.request(Method::DELETE, path)
    }

    fn request(&self, method: Method, path: &str) -> UpstreamRequest {
        UpstreamRequest::new(self.clone(), method, path)
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "upstream '{}'", self.remote.name)
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "upstream '{}'", self.name)
    }
}
