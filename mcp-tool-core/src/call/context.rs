//! The call that a function is answering.

use std::{
    fmt,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mcp_tool_contract::{digest::Digest, model::Contract, read::violation::shown};
use tokio::{sync::Notify, time::Instant};
use uuid::Uuid;

use crate::{
    announce::Announcements,
    ask::{Asking, Used, Waits},
    call::{
        caller::{Caller, Scopes},
        headers::Headers,
        report::{LogLevel, Reports, cut},
        trace::TraceContext,
    },
    pipeline::limits::{MAX_RESULT, Permits},
    seal::Sealer,
    tool::stamp::ContractStamp,
};
use crate::{call::token::InboundToken, ports::Outbound};

/// The call: who makes it, under which contract, until when; and the way to report progress.
///
/// Cheap to clone. As long as a clone is held, the call counts against its tool's concurrency.
#[derive(Clone)]
pub struct CallContext {
    call: Arc<Call>,
}

pub(crate) struct Call {
    pub(crate) caller: Caller,
    pub(crate) contract: &'static Contract,
    pub(crate) correlation: Uuid,
    pub(crate) deadline: Instant,
    /// Whether an argument is completed, and nothing is called.
    pub(crate) is_completion: bool,
    /// A later one, once the call goes on as a task.
    pub(crate) later: OnceLock<Instant>,
    pub(crate) over: Cancellation,
    pub(crate) reports: Option<Reports>,
    pub(crate) asking: Asking,
    pub(crate) trace: Option<TraceContext>,
    /// The digest of the contract.
    pub(crate) stamp: Option<Arc<ContractStamp>>,
    /// What layers asked for of the request.
    pub(crate) headers: Headers,
    pub(crate) services: Arc<Services>,
    /// What a paged call asks, whatever page of it.
    pub(crate) question: OnceLock<Digest>,
    /// The upstreams that it asked, for its record.
    pub(crate) reached: Mutex<Vec<String>>,
    /// The token that the caller came by, for an exchange alone.
    pub(crate) token: Option<InboundToken>,
    /// Given back when the last holder of the call is done.
    pub(crate) _permits: Permits,
}

/// What the server has for all calls.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) sealer: Sealer,
    pub(crate) max_result: usize,
    pub(crate) used: Used,
    pub(crate) waits: Waits,
    pub(crate) announcements: Announcements,
    /// Connections to upstreams, where any are set up.
    pub(crate) outbound: Option<Arc<dyn Outbound>>,
}

/// Whether nobody waits for the answer any more. Most calls are never asked.
#[derive(Debug, Default)]
pub(crate) struct Cancellation {
    is_over: AtomicBool,
    told: Notify,
}

impl CallContext {
    pub(crate) fn new(call: Call) -> Self {
        CallContext { call: Arc::new(call) }
    }

    /// A context for calling a tool's function from a unit test: the local user, every scope, 30 seconds.
    #[must_use]
    pub fn for_test() -> Self {
        CallContext::for_test_as(Caller::local(Scopes::All))
    }

    /// The same, called by someone.
    #[must_use]
    pub fn for_test_as(caller: Caller) -> Self {
        const CONTRACT: Contract = Contract::EMPTY;
        CallContext::new(Call {
            caller,
            contract: &CONTRACT,
            correlation: Uuid::now_v7(),
            deadline: Instant::now() + Duration::from_secs(30),
            is_completion: false,
            later: OnceLock::new(),
            over: Cancellation::default(),
            reports: None,
            asking: Asking::default(),
            trace: None,
            stamp: None,
            headers: Headers::default(),
            services: Arc::new(Services {
                sealer: Sealer::of_process(),
                max_result: MAX_RESULT,
                used: Used::default(),
                waits: Waits::among(1),
                announcements: Announcements::new(),
                outbound: None,
            }),
            question: OnceLock::new(),
            reached: Mutex::default(),
            token: None,
            _permits: Permits::default(),
        })
    }

    /// Who calls.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.call.caller
    }

    /// What the called tool promises.
    #[must_use]
    pub fn contract(&self) -> &'static Contract {
        self.call.contract
    }

    /// The id that the answer, the log and the audit record of this call share.
    #[must_use]
    pub fn correlation_id(&self) -> Uuid {
        self.call.correlation
    }

    /// The time that is left before the call is given up.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline().saturating_duration_since(Instant::now())
    }

    /// Whether an argument of the tool is completed (`#[arg(complete = …)]`) and the tool itself isn't called, for the
    /// layers and the functions that serve both.
    #[must_use]
    pub fn is_completion(&self) -> bool {
        self.call.is_completion
    }

    /// Whether nobody waits for the answer any more. An `async` function is dropped at its next `await`; a
    /// function that isn't async looks here from time to time.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.call.over.is_over.load(Ordering::Acquire)
    }

    /// Reports how far the call has come, to callers that asked for it (`progressToken`). A task shows the last
    /// message as its `statusMessage`, to any caller.
    ///
    /// `progress` must grow from one report to the next; `total`, where it is known, is in the same unit.
    /// Reports never wait: what comes faster than the caller reads is left out.
    pub fn progress(&self, progress: f64, total: Option<f64>, message: impl Into<String>) {
        let message = cut(message.into().into()).into_owned();
        self.call.asking.say(&message);
        if let Some(reports) = &self.call.reports {
            reports.progress(progress, total, message);
        }
    }

    /// A header of the request, which a layer asked for by `Middleware::headers`; the
    /// case of its name doesn't count. `None` where it didn't come, nobody asked for it, and over stdio.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.call.headers.get(name)
    }

    /// Logs a message to callers that asked for such, by its level (`logLevel` of the call since 2026-07-28,
    /// `logging/setLevel` before it).
    ///
    /// `data` is a text, or anything that is JSON, up to 4 KB of it. It is sent to the client: no secrets, nothing of
    /// other callers, nothing of the server's inside. The server's own log is [`tracing`]'s.
    pub fn log(&self, level: LogLevel, data: impl serde::Serialize) {
        if let Some(reports) = &self.call.reports {
            reports.log(level, self.call.contract.name, data);
        }
    }

    /// Where the call stands in a distributed trace, if its caller said so (`_meta.traceparent`).
    #[must_use]
    pub fn trace(&self) -> Option<&TraceContext> {
        self.call.trace.as_ref()
    }

    /// Tells clients that listen of lists and resources that have changed.
    #[must_use]
    pub fn announcements(&self) -> &Announcements {
        &self.call.services.announcements
    }

    /// What a person took to answer doesn't count.
    pub(crate) fn deadline(&self) -> Instant {
        *self.call.later.get().unwrap_or(&self.call.deadline) + self.call.asking.waited()
    }

    /// From now on it may run so long.
    pub(crate) fn runs_for(&self, longer: Duration) {
        self.call.later.get_or_init(|| Instant::now() + longer);
    }

    pub(crate) fn asking(&self) -> &Asking {
        &self.call.asking
    }

    pub(crate) fn used(&self) -> &Used {
        &self.call.services.used
    }

    pub(crate) fn waiting(&self) -> &Waits {
        &self.call.services.waits
    }

    /// The digest of the called tool's contract.
    pub(crate) fn stamp(&self) -> &str {
        self.call.stamp.as_ref().map_or("", |stamp| &stamp.digest)
    }

    /// What something holds for that a caller carries for the server: of that kind, for this caller, tool and version,
    /// and for these parts.
    pub(crate) fn binding(&self, kind: &str, parts: &[&str]) -> Vec<u8> {
        let (caller, contract) = (self.caller(), self.contract());
        let version = contract.version.to_string();
        let whose = [
            kind,
            contract.name,
            &version,
            caller.issuer().unwrap_or_default(),
            caller.tenant().unwrap_or_default(),
            caller.user(),
            caller.agent().unwrap_or_default(),
        ];
        let mut binding = Vec::new();
        for part in whose.iter().chain(parts) {
            binding.extend_from_slice(&(part.len() as u64).to_le_bytes());
            binding.extend_from_slice(part.as_bytes());
        }
        binding
    }

    /// Ends when nobody waits for the answer any more, and after it.
    pub(crate) async fn over(&self) {
        // Who begins to wait before looking misses nothing.
        let told = self.call.over.told.notified();
        if !self.is_cancelled() {
            told.await;
        }
    }

    /// The upstreams that the call has asked.
    pub(crate) fn reached(&self) -> Vec<String> {
        self.call.reached.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn cancel(&self) {
        self.call.over.is_over.store(true, Ordering::Release);
        self.call.over.told.notify_waiters();
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.call.services.sealer
    }

    pub(crate) fn max_result(&self) -> usize {
        self.call.services.max_result
    }

    pub(crate) fn pages(&self, question: Digest) {
        self.call.question.get_or_init(|| question);
    }

    pub(crate) fn question(&self) -> Option<&Digest> {
        self.call.question.get()
    }
}

/// Facts of a call for the workspace's own crates. The façade doesn't re-export it, so no tool's function can reach
/// the token.
pub trait CallFacts {
    /// The caller's token, for an exchange alone (RFC 8693).
    fn token(&self) -> Option<&InboundToken>;

    /// Connections to upstreams, where any are set up.
    fn outbound(&self) -> Option<&dyn Outbound>;

    /// Notes an upstream that the call asked, for its record.
    fn record_upstream(&self, name: &str);

    /// The time at which the call is given up.
    fn deadline(&self) -> Instant;

    /// Completes once the call is cancelled or finished.
    fn cancelled(&self) -> impl Future<Output = ()> + Send;
}

impl CallFacts for CallContext {
    fn token(&self) -> Option<&InboundToken> {
        self.call.token.as_ref()
    }

    fn outbound(&self) -> Option<&dyn Outbound> {
        self.call.services.outbound.as_deref()
    }

    fn record_upstream(&self, name: &str) {
        let mut names = self.call.reached.lock().unwrap_or_else(PoisonError::into_inner);
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }

    fn deadline(&self) -> Instant {
        self.deadline()
    }

    fn cancelled(&self) -> impl Future<Output = ()> + Send {
        self.over()
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Call { caller, contract, correlation, .. } = &*self.call;
        write!(f, "call {correlation} of {} by {}", contract.name, shown(&caller.to_string()))
    }
}
