//! The first half: whether a call may begin. Refusals here have HTTP statuses of their own.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, OnceLock},
};

#[cfg(feature = "http")]
use mcp_tool_contract::model::Contract;
use mcp_tool_contract::read::violation::shown;
use uuid::Uuid;

use super::{CallOrigin, Dispatcher};
#[cfg(feature = "http")]
use crate::ports::Denied;
use crate::{
    ask::{Asking, Capability},
    audit::{CallStart, Entry, Outcome},
    call::{
        caller::{Caller, Scopes},
        context::{Call, CallContext, Cancellation},
        report::Reports,
        trace::TraceContext,
    },
    clock::Moment,
    control::Off,
    error::{ErrorKind, ToolError},
    pipeline::{
        limits::Permits,
        policy::{self, Decision, ScopeAuthorizer},
        registry::RegisteredTool,
        versions::{Requirement, Resolved},
    },
    tool::{completion, stamp::ContractStamp},
};

/// A call that may begin. Nothing else can make one.
#[derive(Debug)]
pub struct Admitted {
    pub(super) tool: Arc<RegisteredTool>,
    pub(super) cx: CallContext,
    /// For the gate, which asks again.
    pub(super) scopes: Arc<ScopeAuthorizer>,
    /// In a box, or all that a call goes through would copy it.
    pub(super) record: Box<Entry>,
}

#[cfg(feature = "http")]
impl Admitted {
    /// Whether headers mirror arguments of its tool.
    pub(crate) fn has_headers(&self) -> bool {
        self.tool.has_headers
    }

    /// What its tool promises.
    pub(crate) fn contract(&self) -> &'static Contract {
        self.tool.contract
    }

    /// Records that the wire turned it away before its arguments were read; gives its correlation id.
    pub(crate) fn turned_away(self, reason: &str) -> Uuid {
        let correlation = self.cx.correlation_id();
        self.record.failed(Outcome::Refused, reason, None);
        correlation
    }
}

impl Admitted {
    /// The call that was admitted.
    pub(crate) fn context(&self) -> &CallContext {
        &self.cx
    }

    /// What stands on its answer.
    pub(crate) fn stamp(&self) -> Arc<ContractStamp> {
        Arc::clone(&self.tool.stamp)
    }

    /// Whether nothing but the server's own bound says how long it may run.
    pub(crate) fn is_untimed(&self) -> bool {
        self.tool.chain().all(|tool| tool.timeout.is_none())
    }

    /// Whether it goes on as a task where it has to wait.
    pub(crate) fn may_be_task(&self) -> bool {
        self.tool.contract.task.is_some() && self.cx.asking().capabilities().has(Capability::Tasks)
    }
}

/// What a call asks for.
#[derive(Clone, Copy, Debug)]
pub struct CallRequest<'a> {
    pub name: &'a str,
    /// The version that it may be.
    pub requires: Option<&'a Requirement>,
    pub arguments_bytes: usize,
    /// The parameter whose argument is to be completed, in place of a call.
    pub completes: Option<&'a str>,
}

/// What a call brings besides what it asks for.
#[derive(Debug, Default)]
pub struct CallOptions {
    /// Where its reports go, if its caller wants any.
    pub reports: Option<Reports>,
    /// How its person can be asked.
    pub asking: Asking,
    pub trace: Option<TraceContext>,
}

/// A call that may not begin, recorded as such.
#[derive(Debug)]
pub struct Refusal {
    pub(crate) correlation: Uuid,
    pub kind: RefusalKind,
}

/// Why a call may not begin.
#[derive(Debug)]
pub enum RefusalKind {
    /// No tool has that name, or none that this caller may know of.
    UnknownTool { name: String },
    /// The tool is served, and no version that this asks for.
    Unsatisfied { name: String, asked: String, versions: Vec<Arc<ContractStamp>> },
    /// The caller knows a version that isn't served any more. With it comes the tool as it is now, as a list
    /// shows it.
    Changed { stamp: Arc<ContractStamp>, error: ToolError, tool: serde_json::Value },
    /// The caller lacks scopes of the tool. `wanted` are all that a token needs for it and for what it did so far.
    Scope { stamp: Arc<ContractStamp>, missing: Vec<String>, wanted: Vec<String> },
    /// The caller may not, and no scope would change that.
    Denied { stamp: Arc<ContractStamp> },
    /// The operator switched the caller off.
    Withdrawn,
    /// Not now, or not until the operator says so; the model reads why.
    Unavailable { stamp: Arc<ContractStamp>, error: ToolError },
}

impl Dispatcher {
    /// Records a call that the wire turned away before it could be asked for; gives its correlation id.
    pub(crate) fn turned_away(
        &self,
        arrival: impl Into<CallOrigin>,
        name: &str,
        bytes: usize,
        reason: &str,
    ) -> Uuid {
        let CallOrigin { caller, remote, .. } = arrival.into();
        let came = came(name, bytes, remote);
        Entry::new(&self.audit, came, caller, None).failed(Outcome::Refused, reason, None);
        came.correlation
    }

    /// Records a request that isn't taken for anybody's.
    #[cfg(feature = "http")]
    pub(crate) fn unauthenticated(&self, denied: &Denied, remote: Option<std::net::IpAddr>) {
        let recorded = |caller: Caller, detail: Option<&str>| {
            let record = Entry::new(&self.audit, came("-", 0, remote), caller, None);
            record.failed(Outcome::Refused, denied.reason(), detail);
        };
        if let Denied::Revoked(caller) = denied {
            return recorded(Caller::clone(caller), denied.detail());
        }
        let Some(left_out) = self.strangers.admits(std::time::Instant::now()) else { return };
        let mut detail: Vec<String> = denied.detail().map(str::to_owned).into_iter().collect();
        if left_out > 0 {
            detail.push(format!("{left_out} more before it are not recorded"));
        }
        let detail = (!detail.is_empty()).then(|| detail.join("; "));
        recorded(Caller::new("unauthenticated"), detail.as_deref());
    }

    /// Whether the policy lets the caller have what it names; a name that means nothing is nobody's secret.
    #[cfg(feature = "http")]
    pub async fn is_permitted(&self, caller: &Caller, asked: CallRequest<'_>) -> bool {
        match self.versions.resolve(&self.registry, caller, asked.name, asked.requires) {
            Resolved::Is(tool) | Resolved::Changed(tool) => {
                self.policy.decide(caller, tool).await == Decision::Permit
            }
            Resolved::Unknown | Resolved::Unsatisfied { .. } => true,
        }
    }

    /// Resolves the name, asks the policy, holds the caller to the tool's rate, and takes the call's
    /// place among those that run. Authentication came before, at the wire.
    pub async fn admit(
        &self,
        arrival: impl Into<CallOrigin>,
        call: CallRequest<'_>,
        carried: CallOptions,
    ) -> Result<Admitted, Box<Refusal>> {
        let CallRequest { name, requires, arguments_bytes, completes } = call;
        let arrival = arrival.into();
        let came = CallStart { completes, ..came(name, arguments_bytes, arrival.remote) };
        let Moment { instant: now, .. } = came.moment;
        let correlation = came.correlation;
        let refusal = |kind| Box::new(Refusal { correlation, kind });
        let caller = arrival.caller;
        let record = |tool| Box::new(Entry::new(&self.audit, came, caller.clone(), tool));

        if let Some(off) = self.controls.is_off(&caller) {
            let reason = match off {
                Off::User => "user_disabled",
                Off::Client => "client_disabled",
            };
            record(None).failed(Outcome::Refused, reason, None);
            return Err(refusal(RefusalKind::Withdrawn));
        }

        let (tool, is_changed) = match self.versions.resolve(&self.registry, &caller, name, requires) {
            Resolved::Is(tool) => (tool, false),
            Resolved::Changed(tool) => (tool, true),
            Resolved::Unknown => {
                record(None).failed(Outcome::Refused, "unknown_tool", None);
                return Err(refusal(RefusalKind::UnknownTool { name: shown(name) }));
            }
            Resolved::Unsatisfied { asked, versions } => {
                let record = record(None);
                // Who may use none of them is told no more than that.
                let (mut theirs, mut newest) = (Vec::new(), None);
                for tool in versions {
                    match self.policy.decide(&caller, tool).await {
                        Decision::Permit => theirs.push(Arc::clone(&tool.stamp)),
                        refused => drop(newest.get_or_insert((tool, refused))),
                    }
                }
                if let Some((tool, refused)) = newest.filter(|_| theirs.is_empty()) {
                    return Err(refusal(unpermitted(tool, &caller, refused, *record)));
                }
                record.failed(Outcome::Refused, "unsatisfied_version", Some(&shown(&asked)));
                return Err(refusal(RefusalKind::Unsatisfied { name: shown(name), asked, versions: theirs }));
            }
        };
        let contract = tool.contract;
        let mut record = record(Some(&tool.stamp));
        if let Some(last) = tool.adapts().and_then(|next| next.chain().last()).filter(|_| completes.is_none())
        {
            record.answered_by(&last.stamp);
        }

        if tool.chain().any(|tool| self.controls.tool_is_off(tool.contract.name)) {
            record.failed(Outcome::Refused, "tool_disabled", None);
            return Err(refusal(switched_off(tool)));
        }

        match self.policy.decide(&caller, tool).await {
            Decision::Permit => {}
            refused => return Err(refusal(unpermitted(tool, &caller, refused, *record))),
        }

        if is_changed {
            record.failed(Outcome::Refused, ErrorKind::ContractChanged.name(), None);
            // It reads the new one now; who completes an argument doesn't.
            if completes.is_none() {
                self.versions.last_listed.told(&caller, contract.name, contract.version, tool.digest);
            }
            return Err(refusal(changed(tool)));
        }

        // Nothing of the tool's own runs for a completion: it has a rate of its own, and a place among all that runs.
        let runs = || tool.chain().filter(|_| completes.is_none());
        let tools = runs().map(|tool| tool.contract).chain(completes.map(|_| &completion::RATE_CONTRACT));
        let own = runs().filter_map(|tool| Some((tool.concurrency.as_ref()?, tool.contract.name)));
        let permits = self
            .audit
            .permits(!contract.hints.read_only)
            .and_then(|()| self.rates.take(now, &caller, tools))
            .and_then(|places| {
                // A caller that is told to come back has its place in the window still.
                let permits = Permits::take(&self.concurrency, own)?;
                places.keep();
                Ok(permits)
            });
        let permits = match permits {
            Ok(permits) => permits,
            Err(error) => {
                record.failed(Outcome::Refused, error.kind().name(), None);
                let stamp = Arc::clone(&tool.stamp);
                return Err(refusal(RefusalKind::Unavailable { stamp, error }));
            }
        };

        if contract.deprecation.is_some() && completes.is_none() {
            self.usage.count(contract, &caller);
        }

        let mut timeout = tool.chain().filter_map(|tool| tool.timeout).min().unwrap_or(self.timeout);
        if completes.is_some() {
            timeout = timeout.min(completion::TIMEOUT);
        }
        let cx = CallContext::new(Call {
            caller,
            contract,
            correlation,
            deadline: (now + timeout).into(),
            is_completion: completes.is_some(),
            later: OnceLock::new(),
            over: Cancellation::default(),
            reports: carried.reports,
            asking: carried.asking,
            trace: carried.trace,
            stamp: Some(Arc::clone(&tool.stamp)),
            headers: arrival.headers,
            services: Arc::clone(&self.services),
            question: OnceLock::new(),
            reached: Mutex::default(),
            token: arrival.token,
            _permits: permits,
        });
        record.admitted(cx.clone());
        Ok(Admitted { tool: Arc::clone(tool), cx, scopes: Arc::clone(&self.scopes), record })
    }
}

/// A call that came just now.
fn came(name: &str, arguments_bytes: usize, remote: Option<IpAddr>) -> CallStart<'_> {
    let moment = Moment::now();
    CallStart { moment, correlation: moment.id(), remote, name, arguments_bytes, completes: None }
}

/// Refuses a caller what the policy doesn't permit; only the record says why.
fn unpermitted(tool: &RegisteredTool, caller: &Caller, decision: Decision, record: Entry) -> RefusalKind {
    let stamp = Arc::clone(&tool.stamp);
    match decision {
        Decision::NeedsScopes { missing } => {
            record.failed(Outcome::Refused, "insufficient_scope", Some(&missing.join(" ")));
            let mut wanted: Vec<String> = policy::needed(tool).into_iter().map(str::to_owned).collect();
            let held = match caller.scopes() {
                Scopes::All => None,
                Scopes::Only(held) => Some(held),
            };
            for scope in missing.iter().chain(held.into_iter().flatten()) {
                if !wanted.contains(scope) {
                    wanted.push(scope.clone());
                }
            }
            RefusalKind::Scope { stamp, missing, wanted }
        }
        Decision::Deny { reason } => {
            record.failed(Outcome::Refused, "denied", Some(&shown(&reason)));
            RefusalKind::Denied { stamp }
        }
        Decision::Permit => {
            record.failed(Outcome::Refused, "denied", None);
            RefusalKind::Denied { stamp }
        }
    }
}

fn switched_off(tool: &RegisteredTool) -> RefusalKind {
    let contract = tool.contract;
    let message = format!(
        "'{}' was switched off by the operator of this server: don't try again until a person says so",
        contract.name
    );
    let error = ToolError::of(ErrorKind::Disabled, message);
    RefusalKind::Unavailable { stamp: Arc::clone(&tool.stamp), error }
}

fn changed(tool: &RegisteredTool) -> RefusalKind {
    let contract = tool.contract;
    // A contract whose digest could be taken can be JSON.
    let listing = serde_json::to_value(contract.listing(&tool.digest)).unwrap_or_default();
    let message = format!(
        "'{}' isn't what you listed: it is version {} now, and the version that you know isn't served any more. \
         Nothing was done. Its arguments now are {}",
        contract.name, contract.version, listing["inputSchema"]
    );
    RefusalKind::Changed {
        stamp: Arc::clone(&tool.stamp),
        error: ToolError::of(ErrorKind::ContractChanged, message),
        tool: listing,
    }
}
