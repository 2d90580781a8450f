//! A server as its author declares it, the settings that an operator gives it, and its start.

use std::{
    collections::HashSet, io::Write, num::NonZeroU32, path::PathBuf, pin::Pin, sync::Arc, time::Duration,
};

use mcp_tool_contract::model::DEFAULT_TIMEOUT_MS;

use crate::{
    announce::Announcements,
    ask::{Used, Waits},
    audit::{Audit, FileSink, LineSink, Sink, UnauthenticatedRecords},
    call::{
        caller::{Caller, Scopes},
        context::Services,
    },
    control::Controls,
    pipeline::{
        Dispatcher,
        limits::{Concurrency, MAX_RESULT, Rates},
        middleware::Layer,
        policy::{Policy, ScopeAuthorizer},
        registry::Registry,
        usage::Usage,
        versions::{ClientPin, Known, Versions},
    },
    ports::Outbound,
    seal::Sealer,
    start_error::StartError,
    tasks::Tasks,
    tool::{
        ToolEntry,
        state::{DuplicateState, StateMap},
    },
    transport::{Endpoint, FallbackHandler, ServerDescription, listing::PAGE},
};

/// A server as its author declared it.
pub struct Application {
    /// Name, as clients see it.
    pub name: String,
    /// Version, as clients see it.
    pub version: String,
    /// Guidance for the model.
    pub instructions: Option<String>,
    /// The tools, in order.
    pub tools: Vec<ToolEntry>,
    /// Application state, each value by the function that opens it.
    pub state: Vec<OpenState>,
    /// The application's own policy, in place of scopes.
    pub policy: Option<MakePolicy>,
    /// Handler of prompts, resources and the rest.
    pub fallback: Option<Arc<dyn FallbackHandler>>,
    /// Notifications to clients that listen.
    pub announcements: Announcements,
    /// HTTP sessions for clients of 2025-11-25, unless the operator sets another number.
    pub legacy_sessions: u32,
    /// Middleware, the outermost first.
    pub layers: Vec<Layer>,
}

/// Makes a policy from the built-in one.
pub type MakePolicy = Box<dyn FnOnce(ScopeAuthorizer) -> Policy>;

/// Opens one value of application state where `run` is awaited, on no other thread: it needn't be `Send`.
pub type OpenState = Box<dyn FnOnce(StateMap) -> StateFuture>;

/// The future of an [`OpenState`].
pub type StateFuture = Pin<Box<dyn Future<Output = Result<StateMap, StartError>>>>;

impl Application {
    /// An application without tools.
    #[must_use]
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Application {
            name: name.into(),
            version: version.into(),
            instructions: None,
            tools: Vec::new(),
            state: Vec::new(),
            policy: None,
            fallback: None,
            announcements: Announcements::new(),
            legacy_sessions: 0,
            layers: Vec::new(),
        }
    }

    /// Registers a value of application state; a second one of its type is an error.
    pub fn open_state<T, F>(&mut self, open: impl FnOnce() -> F + 'static)
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T, StartError>> + 'static,
    {
        self.state.push(Box::new(move |mut state| {
            Box::pin(async move {
                match state.insert(open().await?) {
                    Some(DuplicateState(name)) => Err(StartError::DuplicateState(name)),
                    None => Ok(state),
                }
            })
        }));
    }

    /// Opens what is lent, binds the tools to it, and is ready for calls.
    pub async fn start(self, settings: &Settings, sink: impl Sink) -> Result<Endpoint, StartError> {
        let mut state = StateMap::default();
        if let Some(DuplicateState(name)) = state.insert(self.announcements.clone()) {
            return Err(StartError::DuplicateState(name));
        }
        for open in self.state {
            state = open(state).await?;
        }
        let registry = Registry::bind(&self.tools, &state, &settings.allow_destructive, &self.layers)?;
        for tool in settings.pins.iter().filter_map(|pin| pin.tool.as_deref()) {
            if registry.family(tool).is_none() {
                return Err(StartError::Setting(format!("contract.pins: no tool is named '{tool}'")));
            }
        }
        if settings.outbound.is_none() {
            for contract in self.tools.iter().map(|entry| entry.contract) {
                if let Some(upstream) = contract.upstreams.first() {
                    return Err(StartError::Upstream { tool: contract.name, upstream });
                }
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
            strangers: UnauthenticatedRecords::default(),
            versions: Versions { pins: settings.pins.clone(), known: Arc::new(known) },
            usage: Usage::default(),
            concurrency: Concurrency::new(settings.concurrency),
            rates: Rates::default(),
            audit: Arc::new(audit),
            timeout: settings.timeout,
            services: Arc::new(Services {
                sealer,
                max_result: settings.max_result,
                used: Used::default(),
                waits: Waits::among(settings.concurrency.get()),
                announcements: self.announcements,
                outbound: settings.outbound.clone(),
            }),
        };
        let scopes = match &settings.local_scopes {
            None => Scopes::All,
            Some(scopes) => scopes.iter().cloned().collect(),
        };
        let local = Caller::local(scopes);
        let lists = (settings.shows_grantable, settings.list_page);
        let server = ServerDescription {
            name: self.name,
            version: self.version,
            instructions: self.instructions,
            fallback: self.fallback,
        };
        let tasks = Tasks::among(settings.concurrency.get());
        Endpoint::new(dispatcher, tasks, server, local, lists)
            .map_err(|error| StartError::Setting(format!("the list of tools can't be made: {error}")))
    }
}

impl std::fmt::Debug for Application {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} with {} tools", self.name, self.version, self.tools.len())
    }
}

/// What an operator can set, whatever the transport.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Longest a call may run, where its tool says nothing.
    pub timeout: Duration,
    /// Calls of all tools that may run at one time.
    pub concurrency: NonZeroU32,
    /// Bytes of a result.
    pub max_result: usize,
    /// Destructive tools that may run although nobody approves their calls.
    pub allow_destructive: HashSet<String>,
    /// Scopes of the local user; all of them where absent.
    pub local_scopes: Option<Vec<String>>,
    /// Scopes, each with those that it includes.
    pub scope_hierarchy: Vec<String>,
    /// Whether lists also show what a caller could have with more scopes.
    pub shows_grantable: bool,
    /// Tools on one page of a list.
    pub list_page: NonZeroU32,
    /// Clients that are held to versions.
    pub pins: Vec<ClientPin>,
    /// Where what callers listed is kept from one run to the next.
    pub known_file: Option<PathBuf>,
    /// Where the operator's orders are.
    pub control_file: Option<PathBuf>,
    /// Keys that seal cursors, in base64url.
    pub seal_keys: Vec<String>,
    /// Connections to upstreams, where any are set up.
    pub outbound: Option<Arc<dyn Outbound>>,
    /// Where records go; to the log's lines where absent.
    pub audit_file: Option<PathBuf>,
    /// Bytes of that file before it is rotated.
    pub audit_max_size: u64,
    /// Rotated files that are kept; all of them, where it is 0.
    pub audit_keep: usize,
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
            outbound: None,
            audit_file: None,
            audit_max_size: 64 << 20,
            // Evidence isn't deleted unless somebody asks for it.
            audit_keep: 0,
        }
    }
}

impl Settings {
    /// Starts a server with its records where the settings say.
    pub async fn start(
        &self,
        application: Application,
        log: impl Write + Send + 'static,
    ) -> Result<Endpoint, StartError> {
        match &self.audit_file {
            Some(path) => {
                let sink = FileSink::new(path.clone(), self.audit_max_size, self.audit_keep);
                application.start(self, sink).await
            }
            None => application.start(self, LineSink(log)).await,
        }
    }
}
