//! The start of a server: opens the application state, binds the tools, and makes the endpoint that transports serve.

use std::{io::Write, sync::Arc};

use futures_util::future::LocalBoxFuture;

use super::{Application, OpenState, OperatorSettings};
use crate::{
    announce::Announcements,
    ask::{UsedStates, WaitLimit},
    audit::{Audit, FileSink, LineSink, Sink},
    call::{
        caller::{Caller, Scopes},
        services::Services,
    },
    control::Controls,
    pipeline::{
        Pipeline,
        limits::{Concurrency, Rates},
        policy::{Policy, ScopeAuthorizer},
        registry::Registry,
        usage::DeprecatedUsage,
        versions::{LastListed, Versions},
    },
    seal::Sealer,
    shares::Shares,
    start_error::StartError,
    tasks::Tasks,
    tool::{
        ToolEntry,
        state::{DuplicateState, StateMap},
    },
    transport::{Endpoint, ServerDescription},
};

impl OperatorSettings {
    /// Starts an application. Audit records are written to the file in the settings, or to `log` if there is no file.
    pub fn start(
        &self,
        application: Application,
        log: Box<dyn Write + Send>,
    ) -> LocalBoxFuture<'_, Result<Endpoint, StartError>> {
        if let Some(Err(reason)) = self.audit_file.as_deref().map(FileSink::check_path) {
            let error = StartError::Setting(format!("audit.file: {reason}"));
            return Box::pin(std::future::ready(Err(error)));
        }
        let sink: Box<dyn Sink> = match &self.audit_file {
            Some(path) => Box::new(FileSink::new(path.clone(), self.audit_max_size, self.audit_keep)),
            None => Box::new(LineSink(log)),
        };
        application.start(self, sink)
    }
}

impl Application {
    /// Opens the application state, binds the tools to the state, and makes the endpoint. Audit records are written to
    /// `sink`.
    // Boxed, so that it is compiled in this crate and not in each crate that awaits it.
    pub fn start(
        self,
        settings: &OperatorSettings,
        sink: Box<dyn Sink>,
    ) -> LocalBoxFuture<'_, Result<Endpoint, StartError>> {
        Box::pin(self.endpoint(settings, sink))
    }

    /// Does the work of [`start`](Self::start), which boxes this future.
    async fn endpoint(
        self,
        settings: &OperatorSettings,
        sink: Box<dyn Sink>,
    ) -> Result<Endpoint, StartError> {
        let state = open_state(self.state, &self.announcements).await?;
        let registry = Registry::bind(&self.tools, &state, &settings.allow_destructive, &self.middleware)?;
        check_upstreams(&self.tools, settings)?;
        let sealer = sealer(settings, &registry)?;
        let audit = start_audit(sink)?;
        let scopes = setting("oauth.scope_hierarchy", ScopeAuthorizer::new(&settings.scope_hierarchy))?;
        let controls = controls(settings, &self.announcements)?;
        let shares = Arc::new(Shares::new(settings.user_share.get()));
        let versions = versions(settings, &registry, &shares)?;
        let pipeline = Pipeline {
            controls,
            registry,
            versions,
            scopes: Arc::new(scopes.clone()),
            policy: match self.policy {
                Some(make_policy) => make_policy(scopes),
                None => Policy::Scopes(scopes),
            },
            usage: DeprecatedUsage::default(),
            concurrency: Concurrency::new(settings.concurrency),
            shares: Arc::clone(&shares),
            rates: Rates::default(),
            audit,
            timeout: settings.timeout,
            services: Arc::new(Services {
                sealer,
                max_result: settings.max_result,
                used_states: UsedStates::default(),
                wait_limit: WaitLimit::for_concurrency(settings.concurrency.get(), &shares),
                announcements: self.announcements,
                outbound: settings.outbound.clone(),
            }),
        };
        let description = ServerDescription {
            name: self.name,
            version: self.version,
            instructions: self.instructions,
            fallback: self.fallback,
        };
        let tasks = Tasks::for_concurrency(settings.concurrency.get(), &shares);
        let lists = (settings.shows_grantable, settings.list_page);
        let endpoint = Endpoint::new(pipeline, tasks, description, local_caller(settings), lists);
        endpoint.map_err(|error| StartError::Setting(format!("the list of tools can't be made: {error}")))
    }
}

/// Prefixes an error with the name of the setting.
fn setting<T>(name: &str, result: Result<T, impl std::fmt::Display>) -> Result<T, StartError> {
    result.map_err(|error| StartError::Setting(format!("{name}: {error}")))
}

/// Opens the values of application state, in order. `Announcements` is registered for every application.
async fn open_state(open: Vec<OpenState>, announcements: &Announcements) -> Result<StateMap, StartError> {
    let mut state = StateMap::default();
    if let Some(DuplicateState(name)) = state.insert(announcements.clone()) {
        return Err(StartError::DuplicateState(name));
    }
    for open in open {
        state = open(state).await?;
    }
    Ok(state)
}

/// Refuses tools that reach an upstream if no upstream is configured. If at least one is configured, `Upstreams::open`
/// in `mcp-tool-auth` has already checked that every upstream of a tool is configured.
fn check_upstreams(tools: &[ToolEntry], settings: &OperatorSettings) -> Result<(), StartError> {
    let reached = |entry: &ToolEntry| Some((entry.contract().name(), *entry.contract().upstreams().first()?));
    match tools.iter().find_map(reached).filter(|_| settings.outbound.is_none()) {
        Some((tool, upstream)) => Err(StartError::Upstream { tool, upstream }),
        None => Ok(()),
    }
}

/// Reads the contracts that each caller last listed ([`LastListed`]), and checks that each pin names a served tool.
fn versions(
    settings: &OperatorSettings,
    registry: &Registry,
    shares: &Shares,
) -> Result<Versions, StartError> {
    for tool in settings.pins.iter().filter_map(|pin| pin.tool.as_deref()) {
        if registry.family(tool).is_none() {
            return setting("contract.pins", Err(format!("no tool is named '{tool}'")));
        }
    }
    let last_listed = match &settings.last_listed_file {
        None => LastListed::new(shares),
        Some(file) => {
            let read = LastListed::open(file, shares);
            let read = read.map_err(|error| format!("{} can't be read: {error}", file.display()));
            setting("contract.last_listed_file", read)?
        }
    };
    Ok(Versions { pins: settings.pins.clone(), last_listed: Arc::new(last_listed) })
}

/// Makes the [`Sealer`] that encrypts cursors and the state of questions. If `seal.keys` is empty, and tools or
/// `tools/list` have pages, logs that cursors become invalid when this process ends.
fn sealer(settings: &OperatorSettings, registry: &Registry) -> Result<Sealer, StartError> {
    let keys = settings.seal_keys.iter().map(String::as_str);
    let sealer = setting("seal.keys", Sealer::new(keys))?;
    let tools = registry.tools();
    let has_cursors = tools.iter().any(|tool| tool.contract.is_paged())
        || u32::try_from(tools.len()).unwrap_or(u32::MAX) > settings.list_page.get();
    if has_cursors && settings.seal_keys.is_empty() {
        tracing::info!("no seal.keys are set: cursors are valid until this process ends");
    }
    Ok(sealer)
}

fn start_audit(sink: Box<dyn Sink>) -> Result<Arc<Audit>, StartError> {
    let what = || "the audit thread could not be started".into();
    Audit::start(sink).map(Arc::new).map_err(|source| StartError::Io { what: what(), source })
}

fn controls(settings: &OperatorSettings, announcements: &Announcements) -> Result<Controls, StartError> {
    match &settings.control_file {
        None => Ok(Controls::none()),
        Some(file) => setting("control.file", Controls::open(file, announcements)),
    }
}

/// Returns the local user, who makes all calls over stdio, and over HTTP without authorization.
fn local_caller(settings: &OperatorSettings) -> Caller {
    Caller::local(match &settings.local_scopes {
        None => Scopes::All,
        Some(scopes) => scopes.iter().cloned().collect(),
    })
}
