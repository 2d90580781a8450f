//! The first half: whether a call may begin. Refusals here have HTTP statuses of their own.

use std::sync::{Arc, OnceLock};

use mcp_tool_contract::{model::Contract, read::violation::shown};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Dispatcher;
use crate::{
    audit::{Entry, Outcome},
    context::{Call, CallContext, Progress},
    error::ToolError,
    identity::Caller,
    limits::Permits,
    policy,
    registry::Served,
};

/// A call that may begin. Nothing else can make one.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(super) tool: Arc<Served>,
    pub(super) cx: CallContext,
    pub(super) record: Entry,
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
        name: &str,
        arguments_bytes: usize,
        progress: Option<Progress>,
    ) -> Result<Admitted, Box<Refusal>> {
        let correlation = Uuid::now_v7();
        let refusal = |kind| Box::new(Refusal { correlation, kind });
        let mut record =
            Entry::new(Arc::clone(&self.audit), correlation, caller.clone(), name, arguments_bytes);

        let Some(tool) = self.registry.find(name) else {
            record.failed(Outcome::Refused, "unknown_tool", None);
            return Err(refusal(RefusalKind::UnknownTool { name: shown(name) }));
        };
        let contract = tool.contract;
        record.resolved(contract, Arc::clone(&tool.stamp));

        if let Err(missing) = policy::permits(&caller, contract) {
            record.failed(Outcome::Refused, "insufficient_scope", Some(&missing.join(" ")));
            let stamp = Arc::clone(&tool.stamp);
            return Err(refusal(RefusalKind::Scope { contract, stamp, missing }));
        }

        let own = tool.concurrency.as_ref().map(|own| (own, contract.name));
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

        let cx = CallContext::new(Call {
            caller,
            contract,
            correlation,
            deadline: Instant::now() + tool.timeout.unwrap_or(self.timeout),
            cancelled: CancellationToken::new(),
            progress,
            sealer: Arc::clone(&self.sealer),
            max_result: self.max_result,
            question: OnceLock::new(),
            _permits: permits,
        });
        Ok(Admitted { tool: Arc::clone(tool), cx, record })
    }
}
