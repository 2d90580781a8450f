//! [`ToolServer`], with which an application declares and runs its server.

use std::sync::Arc;

use mcp_tool_core::{
    announce::Announcements,
    application::Application,
    pipeline::{
        middleware::{Middleware, RegisteredMiddleware},
        policy::{Authorizer, Policy, ScopeAuthorizer},
    },
    start_error::StartError,
    tool::ToolEntry,
};
use rmcp::ServerHandler;

/// Builder of an MCP server: its tools, application state, middleware and policy.
///
/// The [guide](crate#a-server) has an example.
#[must_use = "a server does nothing until it runs"]
pub struct ToolServer {
    pub(crate) application: Application,
}

impl ToolServer {
    /// Creates a server with the name and version that clients see in `serverInfo`.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        ToolServer { application: Application::new(name, version) }
    }

    /// Sets the default of the setting `http.legacy_sessions`: the maximum number of open HTTP sessions of clients of
    /// revisions up to 2025-11-25. Without this method, the default is 0, and the server offers no sessions.
    ///
    /// In a session, a tool can ask the client questions while a call runs, and the server notifies the client of
    /// changed lists. Without sessions, the server treats each request of a client independently.
    pub fn legacy_sessions(mut self, max: u32) -> Self {
        self.application.legacy_sessions = max;
        self
    }

    /// Serves prompts, resources and the rest of the protocol with an rmcp handler. The handler must implement
    /// `ServerHandler` of the rmcp version that this crate depends on.
    ///
    /// The server declares the capabilities in the handler's `get_info` to clients. If the handler doesn't declare
    /// prompts or resources, requests for them get the error -32601 (method not found). The server itself answers
    /// requests about tools, tasks, logging and the lifecycle; the handler doesn't get them. With authorization, the
    /// handler gets only authenticated requests. [`Caller::of_request`](crate::Caller::of_request) returns a request's
    /// caller, and the handler decides what the caller may do. If the handler panics, or takes longer than the setting
    /// `limits.timeout`, the client gets an internal error. The timeout doesn't apply to `listen`, because its
    /// subscription stays open.
    ///
    /// The handler's `accepted_subscription_filter` decides to which resources clients of 2026-07-28 may subscribe
    /// (`subscriptions/listen`); by default, to none. rmcp doesn't pass the caller to `accepted_subscription_filter`,
    /// so the method should not accept resources that only some callers may see. `subscribe`, which answers
    /// `resources/subscribe` of clients of revisions up to 2025-11-25, can decide by caller.
    pub fn fallback(mut self, handler: impl ServerHandler) -> Self {
        self.application.fallback = Some(Arc::new(handler));
        self
    }

    /// Returns the handle by which background tasks of the application tell clients that a list or a resource has
    /// changed. A tool gets the same handle as a parameter of type `&Announcements`.
    #[must_use]
    pub fn announcements(&self) -> Announcements {
        self.application.announcements.clone()
    }

    /// Sets `instructions`, the guidance for the model that uses the server. Without this method, clients get the
    /// instructions of the fallback handler, if there are any.
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.application.instructions = Some(instructions.into());
        self
    }

    /// Adds tools, which the macro [`tools!`](crate::tools)`[…]` collects. Clients see tools in the order in which they
    /// were added.
    pub fn tools(mut self, tools: &'static [ToolEntry]) -> Self {
        self.application.tools.extend_from_slice(tools);
        self
    }

    /// Sets the application's own policy, which decides which caller may use which tool. Without this method, the
    /// built-in policy decides by the tools' scopes.
    ///
    /// `policy` receives the built-in policy, which applies the setting `oauth.scope_hierarchy` (scopes that include
    /// other scopes). Most policies ask the built-in policy first.
    pub fn authorize_with<A: Authorizer>(
        mut self,
        policy: impl FnOnce(ScopeAuthorizer) -> A + 'static,
    ) -> Self {
        self.application.policy = Some(Box::new(|built_in| Policy::Own(Box::new(policy(built_in)))));
        self
    }

    /// Adds a [`Middleware`] around the calls of all tools. The middleware that is added first is the outermost.
    pub fn layer(mut self, middleware: impl Middleware) -> Self {
        self.application.middleware.push(RegisteredMiddleware::new(None, middleware));
        self
    }

    /// Adds a [`Middleware`] around the calls of some tools, which the macro [`tools!`](crate::tools)`[…]` collects.
    /// The middleware applies to every version of each tool, and to every adapter that calls one of these tools.
    ///
    /// The server doesn't start if it lacks one of these tools.
    pub fn layer_for(mut self, tools: &'static [ToolEntry], middleware: impl Middleware) -> Self {
        self.application.middleware.push(RegisteredMiddleware::new(Some(tools), middleware));
        self
    }

    /// Registers a value of application state for every tool function that takes a reference to the value's type.
    /// Functions that take `&dyn Trait` get a registered `Arc<dyn Trait>`.
    ///
    /// The server doesn't start if two values have the same type, or if a tool needs a type that isn't registered.
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.application.open_state(move || std::future::ready(Ok(value)));
        self
    }

    /// Registers application state that an async function opens. The function runs when the server starts to serve, and
    /// not for other commands, such as `tools` or `contract check`. If it fails, the server doesn't start.
    pub fn state_with<T, E, F>(mut self, open: impl FnOnce() -> F + 'static) -> Self
    where
        T: Send + Sync + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: Future<Output = Result<T, E>> + 'static,
    {
        self.application.open_state(move || {
            let opened = open();
            async move { opened.await.map_err(|error| StartError::OpenState(error.into())) }
        });
        self
    }

    /// Runs the command line in the caller's async runtime: `serve`, `tools`, `contract`, `audit`, `doctor`, `disable`,
    /// `enable`, `revoke`, `revocations`, `help`. Applications without a runtime of their own call
    /// [`run_blocking`](Self::run_blocking).
    ///
    /// The exit code is 0 for success, 2 for a command line that can't be parsed, 3 to 6 for failed checks of
    /// `contract`, and 1 for any other error, or if an answer of `doctor` is FAIL.
    #[cfg(feature = "cli")]
    pub fn run(self) -> impl Future<Output = std::process::ExitCode> {
        mcp_tool_cli::run(self.application)
    }

    /// Runs the command line as [`run`](Self::run) does, in an async runtime that this method starts. So `main` needs no
    /// `#[tokio::main]`, which panics if the environment variable `TOKIO_WORKER_THREADS` is invalid. This method then
    /// prints an error instead, and returns the exit code 1. By default, the runtime has a worker thread for each core.
    #[cfg(feature = "cli")]
    pub fn run_blocking(self) -> std::process::ExitCode {
        mcp_tool_cli::run_blocking(self.application)
    }

    /// Returns the declared application. Hidden, because only other crates of this workspace use this method.
    #[doc(hidden)]
    #[must_use]
    pub fn into_application(self) -> Application {
        self.application
    }
}

impl std::fmt::Debug for ToolServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.application.fmt(f)
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;

    #[test]
    fn future_of_run_is_boxed() {
        // Otherwise every crate that awaits the future would compile the whole server again.
        let run = ToolServer::new("empty", "1.0.0").run();
        assert_eq!(size_of_val(&run), size_of::<Box<dyn Future<Output = std::process::ExitCode>>>());
    }
}
