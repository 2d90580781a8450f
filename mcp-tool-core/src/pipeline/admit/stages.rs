//! The stages of admission. A stage that checks a condition refuses the call if the condition isn't met.

use std::sync::Arc;

use mcp_tool_contract::read::violation::escaped_excerpt;
use uuid::Uuid;

use super::{CallOptions, CallRequest, Refusal, RefusalKind};
use crate::{
    audit::{CallStart, PendingRecord, RecordOutcome},
    call::{
        caller::{Caller, Scopes},
        cancellation::Cancellation,
        context::CallContext,
        facts::CallFacts,
        origin::CallOrigin,
        permits::Permits,
    },
    clock::Moment,
    error::{ErrorKind, ToolError},
    pipeline::{
        Pipeline, limits,
        policy::{self, Decision},
        registry::RegisteredTool,
        versions::ResolvedVersion,
    },
    tool::completion,
};

/// A call that is being admitted.
pub(super) struct Admission<'a> {
    pipeline: &'a Pipeline,
    origin: CallOrigin,
    request: CallRequest<'a>,
    start: CallStart<'a>,
}

impl<'a> Admission<'a> {
    /// Starts the admission of a call: reads the clocks and makes the correlation id.
    pub(super) fn new(pipeline: &'a Pipeline, origin: CallOrigin, request: CallRequest<'a>) -> Self {
        let CallRequest { name, arguments_bytes, completes, .. } = request;
        let (moment, remote) = (Moment::now(), origin.remote);
        let start = CallStart { moment, correlation: moment.id(), remote, name, arguments_bytes, completes };
        Admission { pipeline, origin, request, start }
    }

    fn caller(&self) -> &Caller {
        &self.origin.caller
    }

    fn is_completion(&self) -> bool {
        self.request.completes.is_some()
    }

    /// Begins the call's audit record; `tool` is `None` if the call is refused before its tool is known. For a call of
    /// an adapter (an older version that calls a newer one), the record also names the last target, which answers the
    /// call. The record of a completion doesn't, because a completion runs no target.
    pub(super) fn record(&self, tool: Option<&RegisteredTool>) -> Box<PendingRecord> {
        let Pipeline { audit, .. } = self.pipeline;
        let mut record = Box::new(PendingRecord::new(
            audit,
            self.start,
            self.caller().clone(),
            tool.map(|tool| &tool.stamp),
        ));
        let target = tool.and_then(|tool| tool.adapts()?.chain().last());
        if let Some(target) = target.filter(|_| !self.is_completion()) {
            record.set_answered_by(&target.stamp);
        }
        record
    }

    /// Records that the transport refused the call; returns the correlation id.
    pub(super) fn refused_by_transport(&self, reason: &str, detail: Option<&str>) -> Uuid {
        self.record(None).write_failure(RecordOutcome::Refused, reason, detail);
        self.start.correlation
    }

    fn refusal(&self, reason: &'static str, kind: RefusalKind) -> Box<Refusal> {
        Box::new(Refusal { correlation: self.start.correlation, kind, reason, detail: None })
    }

    /// Makes a refusal that the client gets as a tool result with `isError`, so that the model reads it.
    fn unavailable(&self, reason: &'static str, tool: &RegisteredTool, error: ToolError) -> Box<Refusal> {
        self.refusal(reason, RefusalKind::Unavailable { stamp: Arc::clone(&tool.stamp), error })
    }

    /// Refuses a caller whose user or client the operator disabled.
    pub(super) fn check_caller_enabled(&self) -> Result<(), Box<Refusal>> {
        match self.pipeline.controls.disabled_part(self.caller()) {
            None => Ok(()),
            Some(disabled) => Err(self.refusal(disabled.reason(), RefusalKind::CallerDisabled(disabled))),
        }
    }

    /// Finds the version of the tool that the call runs.
    pub(super) fn resolve(&self) -> ResolvedVersion<'a> {
        let CallRequest { name, requires, .. } = self.request;
        self.pipeline.versions.resolve(&self.pipeline.registry, self.caller(), name, requires)
    }

    /// Returns the refusal of a name that no tool has.
    pub(super) fn unknown_tool(&self) -> Box<Refusal> {
        self.refusal("unknown_tool", RefusalKind::UnknownTool { name: escaped_excerpt(self.request.name) })
    }

    /// Records and returns the refusal of a call whose requirements no version satisfies. If the policy permits none of
    /// the versions to the caller, returns the policy's refusal of the newest version instead, so that the caller
    /// doesn't learn which versions exist.
    pub(super) async fn unsatisfied(
        &self,
        requirements: String,
        versions: Vec<&Arc<RegisteredTool>>,
    ) -> Box<Refusal> {
        let record = self.record(None);
        let (mut permitted, mut first_refusal) = (Vec::new(), None);
        for tool in versions {
            match self.check_policy(tool).await {
                Ok(()) => permitted.push(Arc::clone(&tool.stamp)),
                Err(refusal) => drop(first_refusal.get_or_insert(refusal)),
            }
        }
        let refusal = match first_refusal.filter(|_| permitted.is_empty()) {
            Some(refusal) => refusal,
            None => {
                let (name, detail) = (escaped_excerpt(self.request.name), escaped_excerpt(&requirements));
                let kind = RefusalKind::Unsatisfied { name, requirements, versions: permitted };
                self.refusal("unsatisfied_version", kind).with_detail(detail)
            }
        };
        refusal.recorded(record)
    }

    /// Refuses a tool that the operator disabled, and an adapter if the operator disabled one of its targets.
    pub(super) fn check_tool_enabled(&self, tool: &RegisteredTool) -> Result<(), Box<Refusal>> {
        if !tool.chain().any(|tool| self.pipeline.controls.is_tool_disabled(tool.contract.name())) {
            return Ok(());
        }
        let message = format!(
            "'{}' was disabled by the operator of this server: don't try again until a person says so",
            tool.contract.name()
        );
        Err(self.unavailable("tool_disabled", tool, ToolError::of(ErrorKind::Disabled, message)))
    }

    /// Refuses a tool that the policy doesn't permit to the caller. Only the audit record has the reason of a denial.
    pub(super) async fn check_policy(&self, tool: &RegisteredTool) -> Result<(), Box<Refusal>> {
        let stamp = || Arc::clone(&tool.stamp);
        Err(match self.pipeline.policy.decide(self.caller(), tool).await {
            Decision::Permit => return Ok(()),
            Decision::NeedsScopes { missing } => {
                let detail = missing.join(" ");
                let required = self.required_scopes(tool, &missing);
                let kind = RefusalKind::Scope { stamp: stamp(), missing, required };
                self.refusal("insufficient_scope", kind).with_detail(detail)
            }
            Decision::Deny { reason } => self
                .refusal("denied", RefusalKind::Denied { stamp: stamp() })
                .with_detail(escaped_excerpt(&reason)),
        })
    }

    /// Returns the scopes that a token needs for the call: the tool's scopes and `missing`. An application's own policy
    /// may require scopes that the tool doesn't declare. The caller's scopes are included, so that a new token keeps
    /// them.
    fn required_scopes(&self, tool: &RegisteredTool, missing: &[String]) -> Vec<String> {
        let mut required: Vec<String> = policy::needed_scopes(tool).into_iter().map(str::to_owned).collect();
        let held = match self.caller().scopes() {
            Scopes::All => None,
            Scopes::Only(scopes) => Some(scopes),
        };
        for scope in missing.iter().chain(held.into_iter().flatten()) {
            if !required.contains(scope) {
                required.push(scope.clone());
            }
        }
        required
    }

    /// Refuses the call if `is_current` is `false`: the contract that the caller last listed is no longer served, and
    /// no later version has the same major number. The refusal contains the newest contract, which from now on counts
    /// as last listed.
    pub(super) fn check_last_listed(
        &self,
        tool: &RegisteredTool,
        is_current: bool,
    ) -> Result<(), Box<Refusal>> {
        if is_current {
            return Ok(());
        }
        let contract = tool.contract;
        // The answer to a completion doesn't show the newest contract, so the contract doesn't count as listed.
        if !self.is_completion() {
            let last_listed = &self.pipeline.versions.last_listed;
            last_listed.remember_tool(self.caller(), contract.name(), contract.version(), tool.digest);
        }
        // Serialization can't fail: the contract's digest was computed from its JSON.
        let listing = serde_json::to_value(contract.listing(&tool.digest)).unwrap_or_default();
        let message = format!(
            "'{}' changed since you listed it: it is version {} now, and the version that you listed is no longer \
             served. Nothing was done. Its arguments now are {}",
            contract.name(),
            contract.version(),
            listing["inputSchema"]
        );
        let error = ToolError::of(ErrorKind::ContractChanged, message);
        let kind = RefusalKind::Changed { stamp: Arc::clone(&tool.stamp), error, tool: listing };
        Err(self.refusal(ErrorKind::ContractChanged.name(), kind))
    }

    /// Refuses the call if audit records are required and the call's record might not be written.
    pub(super) fn check_audit(&self, tool: &RegisteredTool) -> Result<(), Box<Refusal>> {
        let writes = !tool.contract.hints().read_only();
        self.pipeline
            .audit
            .permits(writes)
            .map_err(|error| self.unavailable(error.kind().name(), tool, error))
    }

    /// Counts the call against the caller's rates, and takes concurrency permits. For an adapter, this includes the
    /// rates and permits of its targets.
    pub(super) fn take_rates_and_permits(&self, tool: &RegisteredTool) -> Result<Permits, Box<Refusal>> {
        let Pipeline { rates, concurrency, shares, .. } = self.pipeline;
        // A completion doesn't run the tool. So it counts only against the rate of completions, and takes a permit of
        // the server but none of the tool.
        let runs = || tool.chain().filter(|_| !self.is_completion());
        let completion = self.is_completion().then_some(&completion::RATE_CONTRACT);
        let rated = runs().map(|tool| tool.contract).chain(completion);
        let limited = runs().filter_map(|tool| Some((tool.concurrency.as_ref()?, tool.contract.name())));
        rates
            .reserve(self.start.moment.instant, shares, self.caller(), rated)
            .and_then(|reservations| {
                // If no permit is free, `?` drops the reservations, and the call doesn't count against the rates.
                let permits = limits::take_permits(shares, self.caller(), concurrency, limited)?;
                reservations.commit();
                Ok(permits)
            })
            .map_err(|error| self.unavailable(error.kind().name(), tool, error))
    }

    /// Counts a call of a deprecated tool. Has no effect for other tools and for completions.
    pub(super) fn count_deprecated(&self, tool: &RegisteredTool) {
        if tool.contract.deprecation().is_some() && !self.is_completion() {
            self.pipeline.usage.count(tool.contract, self.caller());
        }
    }

    /// Makes the context of the admitted call. The shortest timeout that the tool or, for an adapter, one of its
    /// targets declares applies; if none is declared, `limits.timeout`. A completion has at most
    /// [`completion::TIMEOUT`].
    pub(super) fn into_context(
        self,
        tool: &RegisteredTool,
        permits: Permits,
        options: CallOptions,
    ) -> CallContext {
        let is_completion = self.is_completion();
        let Admission { pipeline, origin, start, .. } = self;
        let mut timeout = tool.chain().filter_map(|tool| tool.timeout).min().unwrap_or(pipeline.timeout);
        if is_completion {
            timeout = timeout.min(completion::TIMEOUT);
        }
        let CallOptions { reports, asking, trace } = options;
        let facts = CallFacts {
            caller: origin.caller,
            contract: tool.contract,
            correlation: start.correlation,
            is_completion,
            cancellation: Cancellation::default(),
            trace,
            stamp: Some(Arc::clone(&tool.stamp)),
            headers: origin.headers,
            token: origin.token,
        };
        let deadline = (start.moment.instant + timeout).into();
        CallContext::new(facts, deadline, reports, asking, Arc::clone(&pipeline.services), permits)
    }
}
