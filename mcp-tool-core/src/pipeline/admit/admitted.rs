//! The admitted call.

use std::sync::Arc;

use mcp_tool_contract::model::Contract;
use uuid::Uuid;

use crate::{
    ask::Capability,
    audit::{PendingRecord, RecordOutcome},
    call::{context::CallContext, stamp::ContractStamp},
    pipeline::{policy::ScopeAuthorizer, registry::RegisteredTool},
};

/// A call that may begin. Only [`Pipeline::admit`](crate::pipeline::Pipeline::admit) makes one.
#[derive(Debug)]
pub struct Admitted {
    tool: Arc<RegisteredTool>,
    cx: CallContext,
    scopes: Arc<ScopeAuthorizer>,
    /// Boxed, because the value is moved through the whole pipeline.
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

    /// Returns the parts of the call, to run it: tool, context, scopes for the gate, record.
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

    /// Returns the stamp of the tool's contract.
    pub(crate) fn stamp(&self) -> Arc<ContractStamp> {
        Arc::clone(&self.tool.stamp)
    }

    /// Returns true if headers mirror arguments of the tool.
    pub(crate) fn has_headers(&self) -> bool {
        self.tool.has_headers
    }

    /// Returns true if the tool declares no timeout, so that only the server's default applies.
    pub(crate) fn is_untimed(&self) -> bool {
        self.tool.chain().all(|tool| tool.timeout.is_none())
    }

    /// Returns true if the call may continue as a task: the tool and the client support it.
    pub(crate) fn may_be_task(&self) -> bool {
        self.tool.contract.task().is_some() && self.cx.asking().capabilities().has(Capability::Tasks)
    }

    /// Records that the transport refused the call before its arguments were read; returns the correlation id.
    pub(crate) fn refuse(self, reason: &str) -> Uuid {
        let correlation = self.cx.correlation_id();
        self.record.failed(RecordOutcome::Refused, reason, None);
        correlation
    }
}
