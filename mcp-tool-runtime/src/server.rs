//! The server that an application builds.

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

/// An MCP server of tools, with their application state, middleware and policy.
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

    /// Sets the default of the setting `http.legacy_sessions`, which is the maximum number of HTTP sessions for clients
    /// of 2025-11-25. Without this method, the default is 0.
    ///
    /// In a session, such a client can be asked while a call runs, and is notified when a list changes. Without
    /// sessions, each of its requests is independent.
    pub fn legacy_sessions(mut self, max: u32) -> Self {
        self.application.legacy_sessions = max;
        self
    }

    /// Serves prompts, resources and the rest of the protocol by an rmcp handler. The handler must use the version of
    /// rmcp that this crate depends on.
    ///
    /// The capabilities in the handler's `get_info` are declared to clients. A request for another capability is
    /// answered with -32601. The handler gets no requests for tools, logging and the lifecycle, which this server
    /// answers. With authorization, it gets only authenticated requests.
    /// [`Caller::of_request`](crate::Caller::of_request) returns a request's caller, and the handler decides what the
    /// caller may do. A request that takes longer than `limits.timeout` and a panic are internal errors.
    ///
    /// `accepted_subscription_filter` decides which resources clients of 2026-07-28 may subscribe to
    /// (`subscriptions/listen`); by default, none. rmcp doesn't pass the caller to this method, so it should not
    /// accept resources that only some callers may see. `subscribe`, which serves older clients, can decide by caller.
    pub fn fallback(mut self, handler: impl ServerHandler) -> Self {
        self.application.fallback = Some(Arc::new(handler));
        self
    }

    /// Returns the notifier of changed lists and resources, for background tasks of the application. Tools get it as
    /// the parameter `&Announcements`.
    #[must_use]
    pub fn announcements(&self) -> Announcements {
        self.application.announcements.clone()
    }

    /// Sets the `instructions` for the model that uses the server.
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.application.instructions = Some(instructions.into());
        self
    }

    /// Adds tools, in the order in which they are listed: [`tools!`](crate::tools)`[…]`.
    pub fn tools(mut self, tools: &'static [ToolEntry]) -> Self {
        self.application.tools.extend_from_slice(tools);
        self
    }

    /// Sets the application's own policy, which decides in place of the tools' scopes which caller may use which tool.
    ///
    /// `policy` receives the built-in policy, which knows the operator's settings; most policies ask it first.
    pub fn authorize_with<A: Authorizer>(
        mut self,
        policy: impl FnOnce(ScopeAuthorizer) -> A + 'static,
    ) -> Self {
        self.application.policy = Some(Box::new(|scopes| Policy::Own(Box::new(policy(scopes)))));
        self
    }

    /// Adds a [`Middleware`] around the calls of all tools. The first one added is the outermost.
    pub fn layer(mut self, middleware: impl Middleware) -> Self {
        self.application.middleware.push(RegisteredMiddleware::new(None, middleware));
        self
    }

    /// Adds a [`Middleware`] around the calls of some tools: [`tools!`](crate::tools)`[…]`, as for
    /// [`ToolServer::tools`]. It applies to every version of each tool, and to adapters that call one of them.
    ///
    /// A server that doesn't serve one of the tools doesn't start.
    pub fn layer_for(mut self, tools: &'static [ToolEntry], middleware: impl Middleware) -> Self {
        self.application.middleware.push(RegisteredMiddleware::new(Some(tools), middleware));
        self
    }

    /// Registers a value of application state for every function that takes a reference to its type. An
    /// `Arc<dyn Trait>` is for functions that take `&dyn Trait`.
    ///
    /// Two values of one type, or a tool whose state isn't registered, are errors at start.
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.application.open_state(move || std::future::ready(Ok(value)));
        self
    }

    /// Registers application state that an async function opens. The function runs when the server starts to serve, and
    /// not for other commands, such as `tools` or `contract check`.
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

    /// Runs the command line: `serve`, `tools`, `contract`, `audit`, `doctor`, `disable`, `enable`, `revoke`,
    /// `revocations`, `help`.
    ///
    /// The exit code is 0 after an orderly end, 2 for a command line that can't be parsed, 3 to 6 for findings of
    /// `contract`, else 1.
    #[cfg(feature = "cli")]
    pub fn run(self) -> impl Future<Output = std::process::ExitCode> {
        mcp_tool_cli::run(self.application)
    }

    /// Returns the application, for other crates of this workspace.
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
        let run = ToolServer::new("empty", "1.0.0").run();
        assert_eq!(size_of_val(&run), size_of::<Box<dyn Future<Output = std::process::ExitCode>>>());
    }
}
