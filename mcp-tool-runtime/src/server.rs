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
    pub(crate) application: Application,
}

impl ToolServer {
    /// A server of that name and version, as clients see them.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        ToolServer { application: Application::new(name, version) }
    }

    /// Keeps so many HTTP sessions for clients of 2025-11-25, where the operator sets nothing else
    /// (`http.legacy_sessions`); none by default.
    ///
    /// In a session such a client can be asked while a call runs, and is told when a list changes. Without, each of its
    /// requests stands alone.
    pub fn legacy_sessions(mut self, most: u32) -> Self {
        self.application.legacy_sessions = most;
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
    pub fn fallback(mut self, handler: impl ServerHandler) -> Self {
        self.application.fallback = Some(Arc::new(handler));
        self
    }

    /// Tells clients that listen of lists and resources that have changed, for the application's own tasks; tools
    /// borrow it as `&Announcements`.
    #[must_use]
    pub fn announcements(&self) -> Announcements {
        self.application.announcements.clone()
    }

    /// Guidance for the model that uses the server.
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.application.instructions = Some(instructions.into());
        self
    }

    /// The tools that it serves, in order: [`tools!`](crate::tools)`[…]`.
    pub fn tools(mut self, tools: &'static [ToolEntry]) -> Self {
        self.application.tools.extend_from_slice(tools);
        self
    }

    /// Decides by a policy of the application's own who may use which tool, in place of the tools' scopes. It is
    /// made from the built-in one, which knows the operator's settings: most policies ask that first.
    pub fn authorize_with<A: Authorizer>(
        mut self,
        policy: impl FnOnce(ScopeAuthorizer) -> A + 'static,
    ) -> Self {
        self.application.policy = Some(Box::new(|scopes| Policy::Own(Box::new(policy(scopes)))));
        self
    }

    /// Lays a [`Middleware`] around the calls of all tools. What was added first is the outermost.
    pub fn layer(mut self, middleware: impl Middleware) -> Self {
        self.application.middleware.push(RegisteredMiddleware::new(None, middleware));
        self
    }

    /// Lays a [`Middleware`] around the calls of these tools: [`tools!`](crate::tools)`[…]`, as for
    /// [`ToolServer::tools`]. It holds for every version of each, and for adapters that stand for one.
    ///
    /// A server that doesn't serve one of them doesn't start.
    pub fn layer_for(mut self, tools: &'static [ToolEntry], middleware: impl Middleware) -> Self {
        self.application.middleware.push(RegisteredMiddleware::new(Some(tools), middleware));
        self
    }

    /// Lends a value to every function that borrows its type; an `Arc<dyn Trait>` to those that borrow
    /// `&dyn Trait`.
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.application.open_state(move || std::future::ready(Ok(value)));
        self
    }

    /// Lends what a function opens. It runs when the server starts to serve, and by no other command.
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

    /// Runs the command line: `serve --stdio`, `serve --http 127.0.0.1:8080`, `tools`, `contract`,
    /// `disable`, `enable`, `revoke`, `orders`, `audit`, `doctor`, `help`.
    ///
    /// The exit code is 0 after an orderly end, 2 where the command line can't be understood, 3 to 6 where
    /// `contract` finds something (its help says what), else 1.
    #[cfg(feature = "cli")]
    pub fn run(self) -> impl Future<Output = std::process::ExitCode> {
        mcp_tool_cli::run(self.application)
    }

    /// The application as the workspace's own crates take it.
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
    fn a_servers_future_is_boxed_so_that_no_crate_compiles_it_anew() {
        let run = ToolServer::new("empty", "1.0.0").run();
        assert_eq!(size_of_val(&run), size_of::<Box<dyn Future<Output = std::process::ExitCode>>>());
    }
}
