//! The application as its author declares it, the operator's settings, and the start of the server.

mod settings;
mod start;

use std::{fmt, pin::Pin, sync::Arc};

use crate::{
    announce::Announcements,
    pipeline::{
        middleware::RegisteredMiddleware,
        policy::{Policy, ScopeAuthorizer},
    },
    start_error::StartError,
    tool::{
        ToolEntry,
        state::{DuplicateState, StateMap},
    },
    transport::FallbackHandler,
};
pub use settings::OperatorSettings;

/// An application: its tools, and everything else that its author declares.
pub struct Application {
    /// Name of the server, for clients.
    pub name: String,
    /// Version of the server, for clients.
    pub version: String,
    /// Guidance for the model.
    pub instructions: Option<String>,
    /// The tools, in order.
    pub tools: Vec<ToolEntry>,
    /// Functions that open application state.
    pub state: Vec<OpenState>,
    /// The application's own policy, instead of scopes.
    pub policy: Option<MakePolicy>,
    /// Fallback handler: an rmcp `ServerHandler` for prompts, resources and other methods that aren't about tools.
    pub fallback: Option<Arc<dyn FallbackHandler>>,
    /// Notifies clients of changed lists and resources.
    pub announcements: Announcements,
    /// Maximum HTTP sessions of clients of 2025-11-25, unless the operator sets it.
    pub legacy_sessions: u32,
    /// Middleware, the outermost first.
    pub middleware: Vec<RegisteredMiddleware>,
}

/// Makes a policy from the built-in one.
pub type MakePolicy = Box<dyn FnOnce(ScopeAuthorizer) -> Policy>;

/// Opens one value of application state. It needn't be `Send`, because it runs in the task that starts the server.
pub type OpenState = Box<dyn FnOnce(StateMap) -> StateFuture>;

/// The future of an [`OpenState`].
pub type StateFuture = Pin<Box<dyn Future<Output = Result<StateMap, StartError>>>>;

impl Application {
    /// Returns an application without tools.
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
            middleware: Vec::new(),
        }
    }

    /// Registers application state. A second value of its type is an error at start.
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
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} with {} tools", self.name, self.version, self.tools.len())
    }
}
