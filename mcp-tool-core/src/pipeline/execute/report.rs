//! The audit record and the errors of an executed call. Causes that the caller must not read are only in the log or in
//! the record.

use std::error::Error as _;

use mcp_tool_contract::read::violation::{Violations, escaped};

use crate::{
    ask::StaleState,
    audit::{PendingRecord, RecordOutcome},
    call::context::CallContext,
    error::{ErrorKind, ToolError},
    error_chain::chain,
    pipeline::registry::RegisteredTool,
    tool::answer::ToolAnswer,
};

/// Adds a warning to the message of `error` if the call may have taken effect, so that the model checks before it calls
/// again.
pub(super) fn in_doubt(error: ToolError, tool: &RegisteredTool, record: &PendingRecord) -> ToolError {
    match may_have_taken_effect(&error, tool, record) {
        true => error.in_doubt(),
        false => error,
    }
}

/// Returns `true` if the tool isn't read-only, its function began, and it isn't known what the function did
/// (`is_unsettled`).
fn may_have_taken_effect(error: &ToolError, tool: &RegisteredTool, record: &PendingRecord) -> bool {
    error.is_unsettled() && record.has_started() && !tool.contract.hints().read_only()
}

/// Writes the audit record of the call. Writes the source of an error to the log.
pub(super) fn record(
    record: Box<PendingRecord>,
    answer: &Result<ToolAnswer, ToolError>,
    tool: &RegisteredTool,
    cx: &CallContext,
) {
    let error = match answer {
        Ok(ToolAnswer::Asks(_)) => return record.write_question(),
        Ok(answer) => return record.write_result(&answer.bytes()),
        Err(error) => error,
    };
    let outcome = match record.has_started() {
        false => RecordOutcome::Refused,
        true if may_have_taken_effect(error, tool, &record) => RecordOutcome::Unknown,
        true => RecordOutcome::Error,
    };
    if let Some(source) = error.source() {
        let (tool, correlation_id) = (tool.contract.name(), cx.correlation_id());
        tracing::error!(tool, %correlation_id, caller = escaped(&cx.caller().to_string()), error = chain(source), "a call failed");
    }
    record.write_failure(outcome, error.kind().name(), error.violations().map(violated_rules).as_deref());
}

/// Returns JSON Pointer and rule of each listed violation, for the audit record. Messages aren't recorded, since they
/// may contain arguments.
fn violated_rules(violations: &Violations) -> String {
    let rules = violations.listed().iter();
    rules.map(|broken| format!("{}:{}", broken.pointer, broken.rule.name())).collect::<Vec<_>>().join(" ")
}

/// Returns the error for answers whose `requestState` can't be used. The exact reason is only in the audit record.
pub(super) fn stale_answers(stale: StaleState, record: &mut PendingRecord) -> ToolError {
    record.set_detail(stale.name());
    let message =
        "`requestState` is invalid, of another call, expired, or used already: call again without it";
    ToolError::of(ErrorKind::StaleAnswers, message)
}
