//! What an application builds: a server of tools.

use std::{
    collections::HashSet, io::Write, num::NonZeroU32, path::PathBuf, pin::Pin, sync::Arc, time::Duration,
};

use mcp_tool_contract::model::DEFAULT_TIMEOUT_MS;
use rmcp::ServerHandler;

#[cfg(feature = "oauth")]
use std::collections::BTreeMap;

use crate::{
    announce::Announcements,
    ask::{Used, Waits},
    audit::{Audit, FileSink, LineSink, Sink},
    context::Means,
    control::Controls,
    dispatch::Dispatcher,
    identity::{Caller, Scopes},
    lend::{Lent, Twice},
    limits::{Concurrency, MAX_RESULT, Rates},
    middleware::{Layer, Middleware},
    policy::{Authorizer, Policy, ScopeAuthorizer},
    registry::{Registry, StartError},
    seal::Sealer,
    tasks::Tasks,
    tool::ToolEntry,
    usage::Usage,
    versions::{ClientPin, Known, Versions},
    wire::{Beside, Endpoint, Introduction, listing::PAGE},
};
#[cfg(feature = "oauth")]
use crate::{
    audit::Strangers,
    upstream::{self, Upstreams},
};

/// A server of tools: what it serves, and what it lends to them.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use mcp_tool_runtime::prelude::*;
///
/// /// Greet someone.
/// #[mcp_tool(version = "1.0", public, read_only)]
/// async fn greet(/** Whom. */ name: String) -> String {
///     format!("Hello, {name}!")
/// }
///
/// #[tokio::main]
/// async fn main() -> ExitCode {
///     ToolServer::new("greeter", env!("CARGO_PKG_VERSION")).tools(tools![greet]).run().await
/// }
/// ```
#[must_use = "a server does nothing until it runs"]
pub struct ToolServer {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) instructions: Option<String>,
    pub(crate) tools: Vec<ToolEntry>,
    lends: Vec<Lends>,
    policy: Option<MakesPolicy>,
    beside: Option<Arc<dyn Beside>>,
    announcements: Announcements,
    pub(crate) legacy_sessions: u32,
    layers: Vec<Layer>,
}

type MakesPolicy = Box<dyn FnOnce(ScopeAuthorizer) -> Policy>;

// Opened where `run` is awaited, on no other thread: what opens needn't be `Send`.
type Lends = Box<dyn FnOnce(Lent) -> Lending>;
type Lending = Pin<Box<dyn Future<Output = Result<Lent, StartError>>>>;

impl ToolServer {
    /// A server of that name and version, as clients see them.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        ToolServer {
            name: name.into(),
            version: version.into(),
            instructions: None,
            tools: Vec::new(),
            lends: Vec::new(),
            policy: None,
            beside: None,
            announcements: Announcements::new(),
            legacy_sessions: 0,
            layers: Vec::new(),
        }
    }

    /// Keeps so many HTTP sessions for clients of 2025-11-25, where the operator sets nothing else
    /// (`http.legacy_sessions`); none by default.
    ///
    /// In a session such a client can be asked while a call runs, and is told when a list changes. Without, each of its
    /// requests stands alone.
    pub fn legacy_sessions(mut self, most: u32) -> Self {
        self.legacy_sessions = most;
        self
    }

    /// Serves prompts, resources and whatever else the protocol has beside tools, by an rmcp handler of the
    /// application's own (of the version of rmcp that this crate depends on).
    ///
    /// What its `get_info` declares is declared, and what it doesn't declare isn't asked of it: such requests answer
    /// -32601. Tools, logging and the lifecycle stay this server's. Its requests come from callers whose token was
    /// verified, where authorization is set: [`Caller::of_request`] says who asks, and what they may is for the
    /// handler to decide. They are bounded in time; a panic is an error.
    ///
    /// Which resources clients of 2026-07-28 may hear of (`subscriptions/listen`), its `accepted_subscription_filter`
    /// says, and of none where it says nothing. It isn't told who listens: what only some may know of has a `subscribe`
    /// alone, which older clients call.
    pub fn beside(mut self, handler: impl ServerHandler) -> Self {
        self.beside = Some(Arc::new(handler));
        self
    }

    /// Tells clients that listen of lists and resources that have changed, for the application's own tasks; tools
    /// borrow it as `&Announcements`.
    #[must_use]
    pub fn announcements(&self) -> Announcements {
        self.announcements.clone()
    }

    /// Guidance for the model that uses the server.
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = Some(instructions.into());
        self
    }

    /// The tools that it serves, in order: [`tools!`](crate::tools)`[…]`.
    pub fn tools(mut self, tools: &'static [ToolEntry]) -> Self {
        self.tools.extend_from_slice(tools);
        self
    }

    /// Decides by a policy of the application's own who may use which tool, in place of the tools' scopes. It is
    /// made from the built-in one, which knows the operator's settings: most policies ask that first.
    pub fn authorize_with<A: Authorizer>(
        mut self,
        policy: impl FnOnce(ScopeAuthorizer) -> A + 'static,
    ) -> Self {
        self.policy = Some(Box::new(|scopes| Policy::Own(Box::new(policy(scopes)))));
        self
    }

    /// Lays a [`Middleware`] around the calls of all tools. What was added first is the outermost.
    pub fn layer(mut self, middleware: impl Middleware) -> Self {
        self.layers.push(Layer::new(None, middleware));
        self
    }

    /// Lays a [`Middleware`] around the calls of these tools: [`tools!`](crate::tools)`[…]`, as for
    /// [`ToolServer::tools`]. It holds for every version of each, and for adapters that stand for one.
    ///
    /// A server that doesn't serve one of them doesn't start.
    pub fn layer_for(mut self, tools: &'static [ToolEntry], middleware: impl Middleware) -> Self {
        self.layers.push(Layer::new(Some(tools), middleware));
        self
    }

    #[cfg(feature = "cli")]
    pub(crate) fn has_own_policy(&self) -> bool {
        self.policy.is_some()
    }

    /// Lends a value to every function that borrows its type; an `Arc<dyn Trait>` to those that borrow
    /// `&dyn Trait`.
    pub fn lend<T: Send + Sync + 'static>(self, value: T) -> Self {
        self.lending(move |mut lent| {
            Box::pin(async move {
                match lent.insert(value) {
                    Some(Twice(name)) => Err(StartError::LentTwice(name)),
                    None => Ok(lent),
                }
            })
        })
    }

    /// Lends what a function opens. It runs when the server starts to serve, and by no other command.
    pub fn lend_with<T, E, F>(self, open: impl FnOnce() -> F + 'static) -> Self
    where
        T: Send + Sync + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: Future<Output = Result<T, E>> + 'static,
    {
        self.lending(move |mut lent| {
            Box::pin(async move {
                let value = open().await.map_err(|error| StartError::Lending(error.into()))?;
                match lent.insert(value) {
                    Some(Twice(name)) => Err(StartError::LentTwice(name)),
                    None => Ok(lent),
                }
            })
        })
    }

    fn lending(mut self, lends: impl FnOnce(Lent) -> Lending + 'static) -> Self {
        self.lends.push(Box::new(lends));
        self
    }

    /// Opens what is lent, binds the tools to it, and is ready for calls.
    pub(crate) async fn start(self, settings: &Settings, sink: impl Sink) -> Result<Endpoint, StartError> {
        let mut lent = Lent::default();
        if let Some(Twice(name)) = lent.insert(self.announcements.clone()) {
            return Err(StartError::LentTwice(name));
        }
        for lends in self.lends {
            lent = lends(lent).await?;
        }
        let registry = Registry::bind(&self.tools, &lent, &settings.allow_destructive, &self.layers)?;
        for tool in settings.pins.iter().filter_map(|pin| pin.tool.as_deref()) {
            if registry.family(tool).is_none() {
                return Err(StartError::Setting(format!("contract.pins: no tool is named '{tool}'")));
            }
        }
        let contracts = self.tools.iter().map(|entry| entry.contract);
        #[cfg(feature = "oauth")]
        let upstreams = Upstreams::open(&settings.upstreams, contracts)?;
        #[cfg(not(feature = "oauth"))]
        for contract in contracts {
            if let Some(upstream) = contract.upstreams.first() {
                return Err(StartError::Upstream { tool: contract.name, upstream });
            }
        }
        let known = match &settings.known_file {
            None => Known::default(),
            Some(file) => Known::open(file).map_err(|error| {
                StartError::Setting(format!("contract.known_file: {} can't be read: {error}", file.display()))
            })?,
        };
        let sealer = Sealer::new(settings.seal_keys.iter().map(String::as_str))
            .map_err(|error| StartError::Setting(format!("seal.keys: {error}")))?;
        let paged = registry.tools().iter().any(|tool| tool.contract.is_paged())
            || u32::try_from(registry.tools().len()).unwrap_or(u32::MAX) > settings.list_page.get();
        if paged && settings.seal_keys.is_empty() {
            tracing::info!("no seal.keys are set: cursors end with this process");
        }
        let audit = Audit::start(sink).map_err(|source| StartError::Io {
            what: "the audit thread could not be started".into(),
            source,
        })?;
        let scopes = ScopeAuthorizer::new(&settings.scope_hierarchy)
            .map_err(|reason| StartError::Setting(format!("oauth.scope_hierarchy: {reason}")))?;
        let controls = match &settings.control_file {
            None => Controls::none(),
            Some(file) => Controls::open(file, &self.announcements)
                .map_err(|reason| StartError::Setting(format!("control.file: {reason}")))?,
        };
        let dispatcher = Dispatcher {
            controls,
            registry,
            scopes: Arc::new(scopes.clone()),
            policy: match self.policy {
                Some(policy) => policy(scopes),
                None => Policy::Scopes(scopes),
            },
            #[cfg(feature = "oauth")]
            strangers: Strangers::default(),
            versions: Versions { pins: settings.pins.clone(), known: Arc::new(known) },
            usage: Usage::default(),
            concurrency: Concurrency::new(settings.concurrency),
            rates: Rates::default(),
            audit: Arc::new(audit),
            timeout: settings.timeout,
            means: Arc::new(Means {
                sealer,
                max_result: settings.max_result,
                used: Used::default(),
                waits: Waits::among(settings.concurrency.get()),
                announcements: self.announcements,
                #[cfg(feature = "oauth")]
                upstreams,
            }),
        };
        let scopes = match &settings.local_scopes {
            None => Scopes::All,
            Some(scopes) => scopes.iter().cloned().collect(),
        };
        let local = Caller::local(scopes);
        let lists = (settings.shows_grantable, settings.list_page);
        let server = Introduction {
            name: self.name,
            version: self.version,
            instructions: self.instructions,
            beside: self.beside,
        };
        let tasks = Tasks::among(settings.concurrency.get());
        Endpoint::new(dispatcher, tasks, server, local, lists)
            .map_err(|error| StartError::Setting(format!("the list of tools can't be made: {error}")))
    }
}

impl std::fmt::Debug for ToolServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} with {} tools", self.name, self.version, self.tools.len())
    }
}

/// What an operator can set, whatever the transport.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Longest a call may run, where its tool says nothing.
    pub(crate) timeout: Duration,
    /// Calls of all tools that may run at one time.
    pub(crate) concurrency: NonZeroU32,
    /// Bytes of a result.
    pub(crate) max_result: usize,
    /// Destructive tools that may run although nobody approves their calls.
    pub(crate) allow_destructive: HashSet<String>,
    /// Scopes of the local user; all of them where absent.
    pub(crate) local_scopes: Option<Vec<String>>,
    /// Scopes, each with those that it includes.
    pub(crate) scope_hierarchy: Vec<String>,
    /// Whether lists also show what a caller could have with more scopes.
    pub(crate) shows_grantable: bool,
    /// Tools on one page of a list.
    pub(crate) list_page: NonZeroU32,
    /// Clients that are held to versions.
    pub(crate) pins: Vec<ClientPin>,
    /// Where what callers listed is kept from one run to the next.
    pub(crate) known_file: Option<PathBuf>,
    /// Where the operator's orders are.
    pub(crate) control_file: Option<PathBuf>,
    /// Keys that seal cursors, in base64url.
    pub(crate) seal_keys: Vec<String>,
    /// Whom tools may call, by name.
    #[cfg(feature = "oauth")]
    pub(crate) upstreams: BTreeMap<String, upstream::Settings>,
    /// Where records go; to the log's lines where absent.
    pub(crate) audit_file: Option<PathBuf>,
    /// Bytes of that file before it is rotated.
    pub(crate) audit_max_size: u64,
    /// Rotated files that are kept; all of them, where it is 0.
    pub(crate) audit_keep: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            timeout: Duration::from_millis(DEFAULT_TIMEOUT_MS),
            concurrency: NonZeroU32::new(1_024).unwrap_or(NonZeroU32::MIN),
            max_result: MAX_RESULT,
            allow_destructive: HashSet::new(),
            local_scopes: None,
            scope_hierarchy: Vec::new(),
            shows_grantable: false,
            list_page: PAGE,
            pins: Vec::new(),
            known_file: None,
            control_file: None,
            seal_keys: Vec::new(),
            #[cfg(feature = "oauth")]
            upstreams: BTreeMap::new(),
            audit_file: None,
            audit_max_size: 64 << 20,
            // Evidence isn't deleted unless somebody asks for it.
            audit_keep: 0,
        }
    }
}

impl Settings {
    /// Starts a server with its records where the settings say.
    pub(crate) async fn start(
        &self,
        server: ToolServer,
        log: impl Write + Send + 'static,
    ) -> Result<Endpoint, StartError> {
        match &self.audit_file {
            Some(path) => {
                let sink = FileSink::new(path.clone(), self.audit_max_size, self.audit_keep);
                server.start(self, sink).await
            }
            None => server.start(self, LineSink(log)).await,
        }
    }
}
