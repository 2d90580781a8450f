//! The context of a running call, as tool functions and middleware see it.

use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use mcp_tool_contract::{digest::Digest, model::Contract, read::violation::escaped_excerpt};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    caller::{Caller, Scopes},
    cancellation::Cancellation,
    cut::cut,
    facts::CallFacts,
    headers::Headers,
    log_level::LogLevel,
    permits::Permits,
    report::Reports,
    services::{MAX_RESULT, Services},
    trace::TraceContext,
};
use crate::{
    announce::Announcements,
    ask::{Asking, UsedStates, WaitLimit},
    seal::Sealer,
    shares::Shares,
    sync,
};

/// The running call: its caller, contract, deadline and trace, and methods to report to the client and ask questions.
///
/// A tool function takes the context as a parameter `cx: &CallContext`, which isn't an argument of
/// the tool. Middleware and completion functions get the context too. Cloning is cheap, and a clone
/// may move to a spawned tokio task. The call counts against the concurrency limits until the last
/// clone is dropped.
///
/// ```
/// use mcp_tool_runtime::{LogLevel, prelude::*};
///
/// /// Rebuild the search index.
/// #[mcp_tool(version = "1.0", scope = "index:write")]
/// async fn rebuild_index(cx: &CallContext) -> String {
///     for shard in 1..=4_u32 {
///         cx.progress(shard.into(), Some(4.0), format!("Shard {shard} of 4"));
///     }
///     cx.log(LogLevel::Info, "index rebuilt");
///     format!("Rebuilt for {}.", cx.caller().user())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// assert_eq!(rebuild_index(&CallContext::for_test()).await, "Rebuilt for local.");
/// # });
/// ```
#[derive(Clone)]
pub struct CallContext {
    call: Arc<Call>,
}

struct Call {
    facts: CallFacts,
    deadline: Instant,
    /// Replaces `deadline` once the call continues as a task.
    extended_deadline: OnceLock<Instant>,
    /// Sender of progress and log messages; `None` if the client asked for neither.
    reports: Option<Reports>,
    /// Questions to the person behind the call, and the answers.
    asking: Asking,
    services: Arc<Services>,
    /// Digest of the arguments without `limit` and `cursor`. A page cursor that this call makes is valid only in calls
    /// with the same digest. Set only for a tool that returns pages.
    page_query: OnceLock<Digest>,
    /// Names of the upstreams that the call sent requests to, for the audit record of the call.
    upstreams: Mutex<Vec<String>>,
    /// Concurrency permits, which are released when the last clone of the context is dropped.
    _permits: Permits,
}

impl CallContext {
    #[inline]
    pub(crate) fn new(
        facts: CallFacts,
        deadline: Instant,
        reports: Option<Reports>,
        asking: Asking,
        services: Arc<Services>,
        permits: Permits,
    ) -> Self {
        CallContext {
            call: Arc::new(Call {
                facts,
                deadline,
                extended_deadline: OnceLock::new(),
                reports,
                asking,
                services,
                page_query: OnceLock::new(),
                upstreams: Mutex::default(),
                _permits: permits,
            }),
        }
    }

    /// Returns a context for calling a tool function in a unit test: the local user with every scope, an empty
    /// contract, a deadline in 30 seconds, and a client that gets no questions, progress or log messages.
    #[must_use]
    pub fn for_test() -> Self {
        CallContext::for_test_as(Caller::local(Scopes::All))
    }

    /// Returns the same context as [`for_test`](Self::for_test), but with this caller.
    #[must_use]
    pub fn for_test_as(caller: Caller) -> Self {
        const CONTRACT: Contract = Contract::EMPTY;
        let facts = CallFacts {
            caller,
            contract: &CONTRACT,
            correlation: Uuid::now_v7(),
            is_completion: false,
            cancellation: Cancellation::default(),
            trace: None,
            stamp: None,
            headers: Headers::default(),
            token: None,
        };
        let services = Services {
            sealer: Sealer::of_process(),
            max_result: MAX_RESULT,
            used_states: UsedStates::default(),
            wait_limit: WaitLimit::for_concurrency(1, &Arc::new(Shares::new(100))),
            announcements: Announcements::new(),
            outbound: None,
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        CallContext::new(facts, deadline, None, Asking::default(), Arc::new(services), Permits::default())
    }

    /// Returns the caller.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.call.facts.caller
    }

    /// Returns the contract of the called tool.
    #[must_use]
    pub fn contract(&self) -> &'static Contract {
        self.call.facts.contract
    }

    /// Returns the call's id, a UUID of version 7. The answer (`_meta` key `dev.mcp-tool/correlationId`), the server's
    /// log and the audit record contain this id.
    #[must_use]
    pub fn correlation_id(&self) -> Uuid {
        self.call.facts.correlation
    }

    /// Returns the time until the deadline; zero once the deadline has passed.
    ///
    /// The deadline comes from the tool's `timeout`, or else from the setting `limits.timeout` (30
    /// seconds by default). For an adapter (an older version of a tool that calls a newer one), the
    /// shortest `timeout` of the adapter and its targets applies. If no `timeout` is declared, a
    /// call that continues as a task has one hour. A completion has at most 5 seconds. The time for
    /// which the call waits for a person's [answer](Self::ask) is added to the deadline.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline().saturating_duration_since(Instant::now())
    }

    /// Returns `true` if the client asked for completions of an argument (`completion/complete`) instead of calling the
    /// tool. Middleware, and functions that serve both calls and completions, can check this.
    #[must_use]
    pub fn is_completion(&self) -> bool {
        self.call.facts.is_completion
    }

    /// Returns `true` once nobody waits for the answer: the client cancelled the call or disconnected, or the call has
    /// ended.
    ///
    /// An `async` tool function needs no check, because a cancelled call drops the function's
    /// future. A function that isn't `async`, and a tokio task that a function spawned, should
    /// check from time to time and return early.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.call.facts.cancellation.is_cancelled()
    }

    /// Reports progress to a client that sent a `progressToken` (`notifications/progress`). If the call continues as a
    /// task, the last message is also the task's `statusMessage`, even without a token.
    ///
    /// - `progress` must grow from one report to the next. If `progress` doesn't grow, the report isn't sent.
    /// - `total` has the same unit as `progress`; pass `None` if the total isn't known.
    /// - `message` is cut after 4 KiB.
    ///
    /// This method never waits: reports that the client doesn't read fast enough are dropped.
    pub fn progress(&self, progress: f64, total: Option<f64>, message: impl Into<String>) {
        let message = cut(message.into().into()).into_owned();
        self.call.asking.set_task_message(&message);
        if let Some(reports) = &self.call.reports {
            reports.progress(progress, total, message);
        }
    }

    /// Returns a header of the HTTP request; `name` is case-insensitive.
    ///
    /// Only headers that a middleware names in `Middleware::headers` are kept. Returns `None` if the request doesn't
    /// have the header, if no middleware named the header, or if the call came over stdio.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.call.facts.headers.get(name)
    }

    /// Sends a log message to the client (`notifications/message`), if the client asked for
    /// messages of this level or a less severe one: by `logLevel` in the call's `_meta` since
    /// 2026-07-28, by `logging/setLevel` in earlier revisions.
    ///
    /// `data` is any value that serializes to JSON; JSON of more than 4 KiB is cut and sent as a string. The client
    /// reads `data`, so `data` must not contain secrets, data of other callers or internals of the server. Use
    /// [`tracing`] for the server's own log. Like [`progress`](Self::progress), this method never waits.
    pub fn log(&self, level: LogLevel, data: impl serde::Serialize) {
        if let Some(reports) = &self.call.reports {
            reports.log(level, self.call.facts.contract.name(), data);
        }
    }

    /// Returns the distributed trace that the client sent in `_meta.traceparent` (SEP-414); `None`
    /// if the client sent none, or a malformed one.
    #[must_use]
    pub fn trace(&self) -> Option<&TraceContext> {
        self.call.facts.trace.as_ref()
    }

    /// Returns the sender of notifications that tell clients of changed lists and resources.
    #[must_use]
    pub fn announcements(&self) -> &Announcements {
        &self.call.services.announcements
    }

    pub(crate) fn facts(&self) -> &CallFacts {
        &self.call.facts
    }

    pub(crate) fn services(&self) -> &Services {
        &self.call.services
    }

    pub(crate) fn asking(&self) -> &Asking {
        &self.call.asking
    }

    /// Returns the deadline, extended by the time that the call has waited for answers to its questions until now.
    pub(crate) fn deadline(&self) -> Instant {
        *self.call.extended_deadline.get().unwrap_or(&self.call.deadline) + self.call.asking.waited()
    }

    /// Sets the deadline to `remaining` from now, for a call that continues as a task and whose tool declares no
    /// `timeout`. Only the first call of this method has an effect.
    pub(crate) fn extend_deadline(&self, remaining: Duration) {
        self.call.extended_deadline.get_or_init(|| Instant::now() + remaining);
    }

    /// Returns associated data for sealing, that is, for encrypting a text that the client stores. A text sealed with
    /// this data opens only for the same `kind` of text, caller, tool, version and `parts`.
    pub(crate) fn binding(&self, kind: &str, parts: &[&str]) -> Vec<u8> {
        self.call.facts.binding(kind, parts)
    }

    /// Returns the names of the upstreams that the call sent requests to.
    pub(crate) fn upstreams(&self) -> Vec<String> {
        sync::lock(&self.call.upstreams).clone()
    }

    /// Adds the name of an upstream to the call's audit record. Adding the same name again has no effect.
    pub(super) fn add_upstream(&self, name: &str) {
        let mut upstreams = sync::lock(&self.call.upstreams);
        if !upstreams.iter().any(|recorded| recorded == name) {
            upstreams.push(name.to_owned());
        }
    }

    /// Makes [`is_cancelled`](Self::is_cancelled) return `true`. Called when the future that runs the call
    /// completes or is dropped.
    pub(crate) fn cancel(&self) {
        self.call.facts.cancellation.cancel();
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.call.services.sealer
    }

    /// Returns the maximum size of the call's result, in bytes.
    pub(crate) fn max_result(&self) -> usize {
        self.call.services.max_result
    }

    pub(crate) fn set_page_query(&self, query: Digest) {
        self.call.page_query.get_or_init(|| query);
    }

    pub(crate) fn page_query(&self) -> Option<&Digest> {
        self.call.page_query.get()
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CallFacts { caller, contract, correlation, .. } = &self.call.facts;
        write!(f, "call {correlation} of {} by {}", contract.name(), escaped_excerpt(&caller.to_string()))
    }
}
