//! Layers: what an application does around the calls of its tools, within what the framework holds each call to.

mod headers;

use std::{
    any::type_name,
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::future::BoxFuture;

use crate::{
    call::context::CallContext,
    error::{ErrorKind, ToolError},
    tool::{ToolEntry, answer::ToolAnswer},
};
pub(crate) use headers::asked_for;

/// A layer around the calls of a server's tools: what an application does before and after each of them.
///
/// [`ToolServer::layer`](crate::ToolServer::layer) lays one around all tools, and
/// [`ToolServer::layer_for`](crate::ToolServer::layer_for) around some. What was added first is the outermost.
///
/// # What it sees
/// A call that was admitted: its caller is known, the policy permits it, its rate isn't used up and it has its place
/// among those that run. Within the layers the arguments are read, the gate is asked, the function runs and its result
/// is checked; then the layers see the [`CallResult`], from the innermost outwards. A layer sees the [`CallContext`] and
/// the headers that it asks for by name; it sees no argument, no result and no token.
///
/// # What it can't do
/// A layer runs the call once, by [`Next::run`], or refuses it, by [`Next::refuse`]: each takes `next`, and nothing
/// else makes the [`CallResult`] that it has to hand back. So it can't skip a guard, run a call twice, or answer something
/// else than the tool did. The call's deadline holds for its layers too: what a layer does after `run` without waiting
/// is always done, and where it waits it may be given up. A layer that panics, overruns, or drops the call on its way
/// fails it as a function would: the caller reads so, and a write that had begun is recorded as `unknown`.
///
/// # A check of a header
/// The tenant is what the token says; a header that says otherwise shows that somebody mixed two up.
/// ```
/// use mcp_tool_runtime::{ErrorKind, MiddlewareFuture, Middleware, Next, prelude::*, testing::TestServer};
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
///                 (Some(named), Some(own)) if named == own => next.run().await,
///                 _ => next.refuse(ToolError::refused("X-Tenant has to name the tenant that the token is for")),
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
/// # A meter
/// An application that keeps an `Arc` of a layer can read what it counted.
/// ```
/// use std::{
///     collections::BTreeMap,
///     sync::{Arc, Mutex, PoisonError},
/// };
///
/// use mcp_tool_runtime::{MiddlewareFuture, Middleware, Next, prelude::*, testing::TestServer};
///
/// /// What each user's calls cost: one unit, and another for each KiB of their results.
/// #[derive(Default)]
/// struct Meter(Mutex<BTreeMap<String, usize>>);
///
/// impl Middleware for Meter {
///     fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
///         Box::pin(async move {
///             let outcome = next.run().await;
///             // What was refused before it began costs nothing.
///             if outcome.has_begun() {
///                 let mut costs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
///                 *costs.entry(call.caller().user().to_owned()).or_default() += 1 + outcome.bytes() / 1_024;
///             }
///             outcome
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
/// server.call("report", serde_json::json!({ "lines": 5_000 })).await.unwrap_err();
/// assert_eq!(meter.0.lock().unwrap()["ann"], 1 + 9);
/// # Ok(())
/// # }
/// ```
pub trait Middleware: Send + Sync + 'static {
    /// The headers of a request that the layer reads by [`CallContext::header`]; asked for once, when the server
    /// starts. No others are kept.
    ///
    /// A server doesn't start where one of them holds a credential, such as `Authorization` or `Cookie`. A call whose
    /// request has one of them twice is refused with HTTP 400 before anybody could choose between the two. stdio has
    /// no headers.
    fn headers(&self) -> &'static [&'static str] {
        &[]
    }

    /// Handles a call: runs it by [`Next::run`], or refuses it by [`Next::refuse`].
    ///
    /// As long as something keeps a clone of `call`, its place among those that run is taken.
    fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c>;
}

/// A call on its way through a [`Middleware`].
pub type MiddlewareFuture<'c> = Pin<Box<dyn Future<Output = CallResult<'c>> + Send + 'c>>;

/// What a layer may do with a call: run it once, or refuse it.
#[must_use = "a call that is let go of fails"]
pub struct Next<'c> {
    layers: &'c [Arc<dyn Middleware>],
    call: &'c CallContext,
    carried_out: BoxFuture<'c, Ended>,
    held: Held<'c>,
}

impl<'c> Next<'c> {
    /// `let_go` is set when a layer drops the call on its way.
    pub(crate) fn new(
        layers: &'c [Arc<dyn Middleware>],
        call: &'c CallContext,
        carried_out: BoxFuture<'c, Ended>,
        let_go: &'c AtomicBool,
    ) -> Self {
        Next { layers, call, carried_out, held: Held(let_go) }
    }

    /// Goes on: to the next layer, and from the innermost to the call itself.
    ///
    /// A layer that drops this before it is done ends the call, and the caller reads that the server failed.
    pub async fn run(self) -> CallResult<'c> {
        let Next { layers, call, carried_out, held } = self;
        match layers.split_first() {
            Some((layer, layers)) => layer.handle(call, Next { layers, call, carried_out, held }).await,
            None => CallResult { ended: carried_out.await, _held: held },
        }
    }

    /// Refuses the call: nothing runs, the caller reads the error as the tool's, and the record says `refused` with
    /// its kind.
    pub fn refuse(self, error: ToolError) -> CallResult<'c> {
        CallResult { ended: Ended { answer: Err(error), has_begun: false }, _held: self.held }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {} layers further in", self.call, self.layers.len())
    }
}

/// What a call came to. A layer can look at it, and has to hand it back.
#[must_use = "a call that is let go of fails"]
pub struct CallResult<'c> {
    ended: Ended,
    _held: Held<'c>,
}

impl CallResult<'_> {
    /// Whether the call gave a result, which is what the tool promised.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.ended.answer.is_ok() && !self.asks()
    }

    /// Whether the function asks its person first: the call is made anew with the answer, and goes through the layers
    /// once more.
    #[must_use]
    pub const fn asks(&self) -> bool {
        matches!(self.ended.answer, Ok(ToolAnswer::Asks(_)))
    }

    /// What kind of error the caller reads, where there is no result.
    #[must_use]
    pub fn error(&self) -> Option<ErrorKind> {
        self.ended.answer.as_ref().err().map(ToolError::kind)
    }

    /// Bytes of the result, before it is framed; 0 where there is none.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.ended.answer.as_ref().map_or(0, |answer| answer.bytes().len())
    }

    /// Whether the function began. Where it didn't, a layer, the reading of arguments or the gate refused the call,
    /// and nothing was done.
    #[must_use]
    pub const fn has_begun(&self) -> bool {
        self.ended.has_begun
    }

    /// What goes to the caller.
    pub(crate) fn answer(self) -> Result<ToolAnswer, ToolError> {
        self.ended.answer
    }
}

impl fmt::Debug for CallResult<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut outcome = f.debug_struct("Outcome");
        outcome.field("error", &self.error()).field("bytes", &self.bytes());
        outcome.field("has_begun", &self.has_begun()).finish()
    }
}

/// What carrying a call out came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) answer: Result<ToolAnswer, ToolError>,
    /// Whether the function began.
    pub(crate) has_begun: bool,
}

/// Goes with a call from layer to layer; where it is dropped, nobody can finish the call any more.
struct Held<'c>(&'c AtomicBool);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One that the application keeps a hand on, such as to read its figures.
impl<M: Middleware> Middleware for Arc<M> {
    fn headers(&self) -> &'static [&'static str] {
        (**self).headers()
    }

    fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        (**self).handle(call, next)
    }
}

/// A layer as it was added.
pub struct Layer {
    /// Its type, for whoever reads why a server doesn't start.
    name: &'static str,
    /// Those that it is for; all of them where absent.
    tools: Option<&'static [ToolEntry]>,
    middleware: Arc<dyn Middleware>,
}

impl Layer {
    pub fn new<M: Middleware>(tools: Option<&'static [ToolEntry]>, middleware: M) -> Self {
        Layer { name: type_name::<M>(), tools, middleware: Arc::new(middleware) }
    }

    pub(crate) fn tools(&self) -> Option<&'static [ToolEntry]> {
        self.tools
    }

    /// Whether it is for the tool of that name.
    pub(crate) fn is_for(&self, tool: &str) -> bool {
        self.tools.is_none_or(|tools| tools.iter().any(|entry| entry.contract.name == tool))
    }

    pub(crate) fn middleware(&self) -> Arc<dyn Middleware> {
        Arc::clone(&self.middleware)
    }
}
