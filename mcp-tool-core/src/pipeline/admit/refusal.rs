//! Refusals of calls before they begin.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use crate::{
    audit::{PendingRecord, RecordOutcome},
    call::stamp::ContractStamp,
    error::ToolError,
};

/// The refusal of a call.
#[derive(Debug)]
pub struct Refusal {
    pub(crate) correlation: Uuid,
    /// The kind of refusal, with details for the caller.
    pub kind: RefusalKind,
    /// `reason` of the audit record.
    pub(super) reason: &'static str,
    /// `detail` of the audit record. The caller doesn't see it.
    pub(super) detail: Option<String>,
}

impl Refusal {
    /// Writes the refusal to the call's audit record.
    pub(super) fn recorded(self: Box<Self>, record: Box<PendingRecord>) -> Box<Self> {
        record.failed(RecordOutcome::Refused, self.reason, self.detail.as_deref());
        self
    }

    /// Adds the `detail` of the audit record.
    pub(super) fn with_detail(mut self: Box<Self>, detail: String) -> Box<Self> {
        self.detail = Some(detail);
        self
    }
}

/// The kind of a refusal.
#[derive(Debug)]
pub enum RefusalKind {
    /// No tool has that name.
    UnknownTool {
        /// The name, escaped.
        name: String,
    },
    /// No version of the tool satisfies the request and the client's pins.
    Unsatisfied {
        /// The name, escaped.
        name: String,
        /// The requirements.
        asked: String,
        /// The versions that the caller may use, newest first.
        versions: Vec<Arc<ContractStamp>>,
    },
    /// The version that the caller last listed is no longer served.
    Changed {
        /// The newest version.
        stamp: Arc<ContractStamp>,
        /// The error for the model.
        error: ToolError,
        /// The newest version as `tools/list` shows it.
        tool: Value,
    },
    /// The caller's token lacks scopes.
    Scope {
        /// The tool.
        stamp: Arc<ContractStamp>,
        /// The scopes that are missing.
        missing: Vec<String>,
        /// Scopes of a token that would be permitted: those of the tool, the missing ones and those that the caller
        /// has.
        wanted: Vec<String>,
    },
    /// The policy denies the tool, whatever the scopes.
    Denied {
        /// The tool.
        stamp: Arc<ContractStamp>,
    },
    /// The operator disabled the caller.
    CallerDisabled,
    /// The tool is disabled, busy, or used up its rate.
    Unavailable {
        /// The tool.
        stamp: Arc<ContractStamp>,
        /// The error for the model.
        error: ToolError,
    },
}
