//! The type of an admitted call.

use std::sync::Arc;

use mcp_tool_contract::model::Contract;
use uuid::Uuid;

use crate::{
    ask::Capability,
    audit::{PendingRecord, RecordOutcome},
    call::{context::CallContext, stamp::ContractStamp},
    pipeline::{policy::ScopeAuthorizer, registry::RegisteredTool},
};

/// A call that may begin. Only [`Pipeline::admit`](crate::pipeline::Pipeline::admit) returns this type.
#[derive(Debug)]
pub struct Admitted {
    tool: Arc<RegisteredTool>,
    cx: CallContext,
    /// Checks the scope of the tool's gate, which only destructive tools have.
    scopes: Arc<ScopeAuthorizer>,
    /// Boxed, so that moving an `Admitted` through the pipeline is cheap.
    record: Box<PendingRecord>,
}

impl Admitted {
    pub(super) fn new(
        tool: Arc<RegisteredTool>,
        cx: CallContext,
        scopes: Arc<ScopeAuthorizer>,
        record: Box<PendingRecord>,
    ) -> Self {
        Admitted { tool, cx, scopes, record }
    }

    /// Returns the parts that are needed to run the call: tool, context, scope check for the gate, and audit record.
    pub(in crate::pipeline) fn into_parts(
        self,
    ) -> (Arc<RegisteredTool>, CallContext, Arc<ScopeAuthorizer>, Box<PendingRecord>) {
        (self.tool, self.cx, self.scopes, self.record)
    }

    /// Returns the context of the call.
    pub(crate) fn context(&self) -> &CallContext {
        &self.cx
    }

    /// Returns the contract of the tool.
    pub(crate) fn contract(&self) -> &'static Contract {
        self.tool.contract
    }

    /// Returns the text that identifies the tool's contract in answers and audit records.
    pub(crate) fn stamp(&self) -> Arc<ContractStamp> {
        Arc::clone(&self.tool.stamp)
    }

    /// Returns the name of the tool and, for an adapter (an older version that calls a newer one), of its targets.
    pub(crate) fn tool_names(&self) -> Vec<&'static str> {
        self.tool.chain().map(|tool| tool.contract.name()).collect()
    }

    /// Returns `true` if the tool declares headers that mirror its arguments (`Mcp-Param-…`).
    pub(crate) fn has_headers(&self) -> bool {
        self.tool.has_headers
    }

    /// Returns `true` if the tool declares no timeout and, for an adapter (an older version that calls a newer one),
    /// none of its targets does. Then the timeout is `limits.timeout`, or one hour if the call continues as a task.
    pub(crate) fn declares_no_timeout(&self) -> bool {
        self.tool.chain().all(|tool| tool.timeout.is_none())
    }

    /// Returns `true` if the tool and the client support tasks, so that the call may continue as a task.
    pub(crate) fn may_be_task(&self) -> bool {
        self.tool.contract.task().is_some() && self.cx.asking().capabilities().has(Capability::Tasks)
    }

    /// Records that the transport refused the call after its admission, because a header that must mirror an argument
    /// doesn't. Returns the correlation id.
    pub(crate) fn refuse(self, reason: &str) -> Uuid {
        let correlation = self.cx.correlation_id();
        self.record.write_failure(RecordOutcome::Refused, reason, None);
        correlation
    }
}
