//! Middleware: code of the application that runs around calls. The call's deadline includes the time in middleware, and
//! a panic in middleware fails only the call.

mod headers;
mod next;
mod registration;
mod run;

use std::{future::Future, pin::Pin, sync::Arc};

use crate::call::context::CallContext;
pub(crate) use headers::header_names;
pub(super) use next::Executed;
pub use next::{CallResult, Next};
pub use registration::RegisteredMiddleware;
pub(super) use run::run;

/// Middleware around the calls of a server's tools, and around completions of their arguments
/// ([`CallContext::is_completion`]).
///
/// `ToolServer::layer` adds middleware around all tools, and `ToolServer::layer_for` around some. The middleware that
/// is added first is the outermost.
///
/// # Position
/// Middleware gets calls after their admission: the caller is known, the policy permits the tool, the rate isn't used
/// up, and the call holds its concurrency permits. Inside the innermost middleware, the arguments are read, the gate
/// (the extra scope of a destructive tool) is checked, the function runs and the result is validated. After that, each
/// middleware gets the [`CallResult`], the innermost first. Middleware can read the [`CallContext`] and the headers
/// that it names. It can't read the arguments, the token or the content of the result.
///
/// # Guarantees
/// Middleware runs the call once, by [`Next::run`], or refuses the call, by [`Next::refuse`]. Both consume `next`, and
/// only they return the [`CallResult`] that [`handle`](Middleware::handle) must return. So middleware can't skip a
/// check, run a call twice or replace the answer.
///
/// The call's timeout includes the time in middleware. A call may be cancelled at each `await`, so after `run` returns,
/// only the code up to the next `await` is sure to run. If middleware panics, exceeds the timeout or drops `next`, the
/// call fails as if its function had failed: the caller reads an error. If the function of a tool that isn't
/// `read_only` had begun, it may have taken effect. The audit record then has the outcome `unknown`.
///
/// # Example: check a header
/// The token names the tenant. A request is refused if its header `X-Tenant` is absent or names another tenant.
/// ```
/// use mcp_tool_runtime::{ErrorKind, Middleware, MiddlewareFuture, Next, prelude::*, testing::TestServer};
///
/// struct SameTenant;
///
/// impl Middleware for SameTenant {
///     fn headers(&self) -> &'static [&'static str] {
///         &["X-Tenant"]
///     }
///
///     fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
///         Box::pin(async move {
///             match (call.header("X-Tenant"), call.caller().tenant()) {
///                 (Some(header), Some(token)) if header == token => next.run().await,
///                 _ => next.refuse(ToolError::refused("X-Tenant must name the tenant of the token")),
///             }
///         })
///     }
/// }
///
/// /// Close the books.
/// #[mcp_tool(version = "1.0", scope = "books:close", idempotent)]
/// async fn close_books() {}
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = ToolServer::new("books", "1.0.0").tools(tools![close_books]).layer_for(tools![close_books], SameTenant);
/// let ann = Caller::new("ann").with_tenant("acme").with_scopes(["books:close"]);
/// let server = TestServer::start(server).await?.as_caller(ann);
/// server.with_header("X-Tenant", "acme").call("close_books", serde_json::json!({})).await?;
/// let refused = server.with_header("X-Tenant", "apex").call("close_books", serde_json::json!({})).await.unwrap_err();
/// assert_eq!(refused.kind(), Some(ErrorKind::Refused));
/// # Ok(())
/// # }
/// ```
///
/// # Example: meter calls
/// `Arc<M>` is middleware too, so the application can keep a reference to the middleware's state.
/// ```
/// use std::{
///     collections::BTreeMap,
///     sync::{Arc, Mutex},
/// };
///
/// use mcp_tool_runtime::{Middleware, MiddlewareFuture, Next, prelude::*, testing::TestServer};
///
/// /// Units used by each user: one for a call, and one for each KiB of its result.
/// #[derive(Default)]
/// struct Meter(Mutex<BTreeMap<String, usize>>);
///
/// impl Middleware for Meter {
///     fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
///         Box::pin(async move {
///             let result = next.run().await;
///             // A call that was refused before its function began is free.
///             if result.has_begun() {
///                 let mut units = self.0.lock().unwrap();
///                 *units.entry(call.caller().user().to_owned()).or_default() += 1 + result.size() / 1_024;
///             }
///             result
///         })
///     }
/// }
///
/// /// A report.
/// #[mcp_tool(version = "1.0", public, read_only)]
/// async fn report(/** Lines. */ #[arg(max = 1_000)] lines: u32) -> String {
///     "Nothing to report.\n".repeat(lines as usize)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let meter = Arc::new(Meter::default());
/// let server = ToolServer::new("reports", "1.0.0").tools(tools![report]).layer(Arc::clone(&meter));
/// let server = TestServer::start(server).await?.as_caller(Caller::new("ann"));
/// server.call("report", serde_json::json!({ "lines": 500 })).await?;
/// // More lines than the maximum: refused, and so free.
/// server.call("report", serde_json::json!({ "lines": 5_000 })).await.unwrap_err();
/// // One call, and 9 whole KiB of its result.
/// assert_eq!(meter.0.lock().unwrap()["ann"], 1 + 9);
/// # Ok(())
/// # }
/// ```
pub trait Middleware: Send + Sync + 'static {
    /// Returns the names of the headers that this middleware reads by [`CallContext::header`]. Calls over stdio have no
    /// headers. The server calls this once, when it starts.
    ///
    /// The server doesn't start if the name of a header says that it holds a credential, such as `Authorization` or
    /// `Cookie`. A request in which one of the named headers is repeated or isn't visible ASCII is refused with HTTP
    /// 400.
    fn headers(&self) -> &'static [&'static str] {
        &[]
    }

    /// Handles a call: runs it by [`Next::run`], or refuses it by [`Next::refuse`].
    ///
    /// A clone of `call` that outlives the call keeps the call's concurrency permits until the clone is dropped.
    fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c>;
}

/// The future of [`Middleware::handle`].
pub type MiddlewareFuture<'c> = Pin<Box<dyn Future<Output = CallResult<'c>> + Send + 'c>>;

/// Lets the application keep a reference to its middleware, for example to read the middleware's state.
impl<M: Middleware> Middleware for Arc<M> {
    fn headers(&self) -> &'static [&'static str] {
        (**self).headers()
    }

    fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        (**self).handle(call, next)
    }
}
