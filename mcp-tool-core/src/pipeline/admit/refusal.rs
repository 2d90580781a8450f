//! Refusals of calls by admission.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use crate::{
    audit::{PendingRecord, RecordOutcome},
    call::stamp::ContractStamp,
    control::Disabled,
    error::ToolError,
};

/// The refusal of a call by admission.
#[derive(Debug)]
pub struct Refusal {
    /// Correlation id of the refused call.
    pub(crate) correlation: Uuid,
    /// The kind of the refusal, with details for the caller.
    pub kind: RefusalKind,
    /// Member `reason` of the audit record.
    pub(super) reason: &'static str,
    /// Member `detail` of the audit record. The caller doesn't get this text.
    pub(super) detail: Option<String>,
}

impl Refusal {
    /// Writes the call's audit record with this refusal.
    pub(super) fn recorded(self: Box<Self>, record: Box<PendingRecord>) -> Box<Self> {
        record.write_failure(RecordOutcome::Refused, self.reason, self.detail.as_deref());
        self
    }

    /// Sets the member `detail` of the audit record.
    pub(super) fn with_detail(mut self: Box<Self>, detail: String) -> Box<Self> {
        self.detail = Some(detail);
        self
    }
}

/// The kind of a refusal.
#[derive(Debug)]
pub enum RefusalKind {
    /// No tool has the requested name.
    UnknownTool {
        /// The requested name, escaped.
        name: String,
    },
    /// No version of the tool satisfies the request and the pins, which are the operator's version requirements for the
    /// client.
    Unsatisfied {
        /// The requested name, escaped.
        name: String,
        /// The requirements of the request and the pins, joined by ` and `.
        requirements: String,
        /// All served versions of the tool that the policy permits to the caller, newest first.
        versions: Vec<Arc<ContractStamp>>,
    },
    /// The contract that the caller last listed is no longer served, and no later version has the same major number.
    Changed {
        /// The newest version of the tool.
        stamp: Arc<ContractStamp>,
        /// The error for the model.
        error: ToolError,
        /// The newest version, as `tools/list` shows it.
        tool: Value,
    },
    /// The caller's token lacks scopes.
    Scope {
        /// The called version of the tool.
        stamp: Arc<ContractStamp>,
        /// The scopes that the token lacks.
        missing: Vec<String>,
        /// Scopes that a token needs for the call: the tool's scopes and `missing`. An application's own policy may
        /// require scopes that the tool doesn't declare. The caller's scopes are included, so that a new token keeps
        /// them.
        required: Vec<String>,
    },
    /// The policy denies the tool, and a token with other scopes wouldn't help.
    Denied {
        /// The called version of the tool.
        stamp: Arc<ContractStamp>,
    },
    /// The operator disabled the caller's user or client, or refuses tokens that name no client.
    CallerDisabled(Disabled),
    /// The tool is disabled, the tool or the server is busy, the caller used up its rate for the tool, or the audit
    /// record can't be written.
    Unavailable {
        /// The called version of the tool.
        stamp: Arc<ContractStamp>,
        /// The error for the model.
        error: ToolError,
    },
}
