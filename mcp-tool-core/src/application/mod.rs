//! The application that an author declares, the operator's settings, and the start of a server from both.

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

/// Everything that the author of a server declares: tools, state, policy, middleware and fallback handler.
pub struct Application {
    /// Name of the server, which clients see in `serverInfo`.
    pub name: String,
    /// Version of the server, which clients see in `serverInfo`.
    pub version: String,
    /// `instructions` for the model that uses the server.
    pub instructions: Option<String>,
    /// The tools, in the order in which they are listed.
    pub tools: Vec<ToolEntry>,
    /// Functions that open the values of application state, in the order in which they run.
    pub state: Vec<OpenState>,
    /// Makes the application's own policy, which decides which tools a caller may use. If `None`, the built-in policy
    /// decides by scopes.
    pub policy: Option<MakePolicy>,
    /// Fallback handler: an rmcp `ServerHandler` for prompts, resources and other methods that aren't about tools.
    pub fallback: Option<Arc<dyn FallbackHandler>>,
    /// Notifies clients of changed lists and resources.
    pub announcements: Announcements,
    /// Default of the setting `http.legacy_sessions`: the maximum number of HTTP sessions of clients of 2025-11-25 and
    /// before. With 0, these clients are served without sessions.
    pub legacy_sessions: u32,
    /// Middleware; the first is the outermost.
    pub middleware: Vec<RegisteredMiddleware>,
}

/// Makes the application's own policy. The argument is the built-in policy, which the application's policy can use.
pub type MakePolicy = Box<dyn FnOnce(ScopeAuthorizer) -> Policy>;

/// Opens one value of application state, and adds the value to the [`StateMap`]. Not `Send`, because it runs in the
/// task that starts the server.
pub type OpenState = Box<dyn FnOnce(StateMap) -> StateFuture>;

/// Future of an [`OpenState`]. It returns the map with the added value.
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

    /// Registers a function that opens a value of application state. If two functions open values of the same type, the
    /// server doesn't start.
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
