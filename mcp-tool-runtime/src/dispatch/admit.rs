//! The first half: whether a call may begin. Refusals here have HTTP statuses of their own.

use std::sync::{Arc, OnceLock};

use mcp_tool_contract::{
    model::{Contract, Version},
    read::violation::shown,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Dispatcher;
#[cfg(feature = "oauth")]
use crate::identity::InboundToken;
use crate::{
    audit::{Entry, Outcome},
    context::{Call, CallContext, Progress},
    error::{ErrorKind, ToolError},
    identity::Caller,
    limits::Permits,
    policy,
    registry::Served,
    versions::{Requirement, Resolved},
};

/// A call that may begin. Nothing else can make one.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(super) tool: Arc<Served>,
    pub(super) cx: CallContext,
    pub(super) record: Entry,
}

#[cfg(feature = "oauth")]
impl Admitted {
    /// The token by which its caller came, for the exchange of upstreams.
    pub(crate) fn came_by(mut self, token: Option<InboundToken>) -> Self {
        self.cx.came_by(token);
        self
    }
}

/// What a call asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) name: &'a str,
    /// The version that it may be.
    pub(crate) requires: Option<&'a Requirement>,
    pub(crate) arguments_bytes: usize,
}

/// A call that may not begin, recorded as such.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) correlation: Uuid,
    pub(crate) kind: RefusalKind,
}

/// Why a call may not begin.
#[derive(Debug)]
pub(crate) enum RefusalKind {
    /// No tool has that name, or none that this caller may know of.
    UnknownTool { name: String },
    /// The tool is served, and no version that this asks for.
    Unsatisfied { name: String, asked: String, versions: Vec<(Version, Arc<str>)> },
    /// The caller knows a version that isn't served any more. With it comes the tool as it is now, as a list
    /// shows it.
    Changed { contract: &'static Contract, stamp: Arc<str>, error: ToolError, tool: serde_json::Value },
    /// The caller lacks scopes of the tool.
    Scope { contract: &'static Contract, stamp: Arc<str>, missing: Vec<&'static str> },
    /// Not now; the model reads why.
    Unavailable { contract: &'static Contract, stamp: Arc<str>, error: ToolError },
}

impl Dispatcher {
    /// Records a call that the wire turned away before it could be asked for; gives its correlation id.
    pub(crate) fn turned_away(&self, caller: Caller, name: &str, bytes: usize, reason: &str) -> Uuid {
        let correlation = Uuid::now_v7();
        let record = Entry::new(Arc::clone(&self.audit), correlation, caller, name, bytes);
        record.failed(Outcome::Refused, reason, None);
        correlation
    }

    /// Resolves the name, holds the caller to the tool's scopes, and takes the call's place among those that
    /// run. Authentication came before, at the wire.
    pub(crate) fn admit(
        &self,
        caller: Caller,
        call: Asked<'_>,
        progress: Option<Progress>,
    ) -> Result<Admitted, Box<Refusal>> {
        let Asked { name, requires, arguments_bytes } = call;
        let correlation = Uuid::now_v7();
        let refusal = |kind| Box::new(Refusal { correlation, kind });
        let mut record =
            Entry::new(Arc::clone(&self.audit), correlation, caller.clone(), name, arguments_bytes);

        let (tool, is_changed) = match self.versions.resolve(&self.registry, &caller, name, requires) {
            Resolved::Is(tool) => (tool, false),
            Resolved::Changed(tool) => (tool, true),
            Resolved::Unknown => {
                record.failed(Outcome::Refused, "unknown_tool", None);
                return Err(refusal(RefusalKind::UnknownTool { name: shown(name) }));
            }
            Resolved::Unsatisfied { asked, versions } => {
                // Who may use none of them is told no more than that.
                let may = |tool: &&&Arc<Served>| missing(&caller, tool).is_empty();
                let (newest, versions) =
                    (versions.first().copied(), versions.iter().filter(may).collect::<Vec<_>>());
                if let Some(tool) = newest.filter(|_| versions.is_empty()) {
                    return Err(refusal(self.scope(tool, missing(&caller, tool), record)));
                }
                record.failed(Outcome::Refused, "unsatisfied_version", Some(&shown(&asked)));
                let versions = versions.iter().map(|tool| (tool.contract.version, Arc::clone(&tool.stamp)));
                let kind =
                    RefusalKind::Unsatisfied { name: shown(name), asked, versions: versions.collect() };
                return Err(refusal(kind));
            }
        };
        let contract = tool.contract;
        record.resolved(contract, Arc::clone(&tool.stamp));
        if let Some(last) = tool.adapts().and_then(|next| next.chain().last()) {
            record.answered_by(last.contract, &last.stamp);
        }

        let lacking = missing(&caller, tool);
        if !lacking.is_empty() {
            return Err(refusal(self.scope(tool, lacking, record)));
        }

        if is_changed {
            record.failed(Outcome::Refused, ErrorKind::ContractChanged.name(), None);
            // It reads the new one now.
            self.versions.known.told(&caller, contract.name, contract.version, tool.digest);
            let stamp = Arc::clone(&tool.stamp);
            return Err(refusal(changed(tool, stamp)));
        }

        let own = tool.chain().filter_map(|tool| Some((tool.concurrency.as_ref()?, tool.contract.name)));
        let permits = self
            .audit
            .permits(!contract.hints.read_only)
            .and_then(|()| Permits::take(&self.concurrency, own));
        let permits = match permits {
            Ok(permits) => permits,
            Err(error) => {
                record.failed(Outcome::Refused, error.kind().name(), None);
                let stamp = Arc::clone(&tool.stamp);
                return Err(refusal(RefusalKind::Unavailable { contract, stamp, error }));
            }
        };

        if contract.deprecation.is_some() {
            self.usage.count(contract, &caller);
        }

        let reached = Arc::default();
        record.reaches(Arc::clone(&reached));
        let cx = CallContext::new(Call {
            caller,
            contract,
            correlation,
            deadline: Instant::now()
                + tool.chain().filter_map(|tool| tool.timeout).min().unwrap_or(self.timeout),
            cancelled: CancellationToken::new(),
            progress,
            sealer: Arc::clone(&self.sealer),
            max_result: self.max_result,
            question: OnceLock::new(),
            #[cfg(feature = "oauth")]
            reached,
            #[cfg(feature = "oauth")]
            token: None,
            #[cfg(feature = "oauth")]
            upstreams: Arc::clone(&self.upstreams),
            _permits: permits,
        });
        Ok(Admitted { tool: Arc::clone(tool), cx, record })
    }
}

impl Dispatcher {
    /// Refuses a caller that lacks scopes of a tool.
    fn scope(&self, tool: &Served, missing: Vec<&'static str>, record: Entry) -> RefusalKind {
        record.failed(Outcome::Refused, "insufficient_scope", Some(&missing.join(" ")));
        RefusalKind::Scope { contract: tool.contract, stamp: Arc::clone(&tool.stamp), missing }
    }
}

/// The scopes that a caller lacks for a tool, and for those that answer for it.
fn missing(caller: &Caller, tool: &Served) -> Vec<&'static str> {
    let mut missing: Vec<&'static str> = Vec::new();
    for tool in tool.chain() {
        for scope in policy::permits(caller, tool.contract).err().unwrap_or_default() {
            if !missing.contains(&scope) {
                missing.push(scope);
            }
        }
    }
    missing
}

fn changed(tool: &Served, stamp: Arc<str>) -> RefusalKind {
    let contract = tool.contract;
    // A contract whose digest could be taken can be JSON.
    let listing = serde_json::to_value(contract.listing(&tool.digest)).unwrap_or_default();
    let message = format!(
        "'{}' isn't what you listed: it is version {} now, and the version that you know isn't served any more. \
         Nothing was done. Its arguments now are {}",
        contract.name, contract.version, listing["inputSchema"]
    );
    RefusalKind::Changed {
        contract,
        stamp,
        error: ToolError::of(ErrorKind::ContractChanged, message),
        tool: listing,
    }
}
