//! JSON-RPC errors that answer a call.
//!
//! Most refusals by admission are sent as JSON-RPC errors, and so are the tool errors that only the client can handle.
//! All other errors of a call are tool results, which the client passes to its model. The `data` of an error has the
//! call's correlation id and, if a tool was chosen, its stamp: version, contract digest and deprecation.

use mcp_tool_contract::json::META_VERSIONS;
use uuid::Uuid;

use super::{
    message::Era,
    protocol_error::code,
    tool_result::{ResultStamp, ToolResultParts},
};
use crate::{
    ask::Capability,
    call::stamp::META_CORRELATION,
    error::ErrorKind,
    json::JsonWriter,
    pipeline::{CallOutcome, Refusal, RefusalKind},
};

/// A JSON-RPC error that answers a call.
pub(super) struct CallError {
    /// The HTTP status. Stdio ignores it.
    pub(super) status: u16,
    pub(super) code: i32,
    pub(super) message: String,
    /// The error's `data`: an object as JSON text.
    pub(super) data: Vec<u8>,
    /// Scopes that the client should request in a new token, separated by spaces. Set only if the caller lacks a
    /// scope.
    pub(super) required_scopes: Option<String>,
}

/// The answer to a refused call. If the tool is unavailable or its contract has changed, this is a tool result, so that
/// the model reads the reason. Otherwise it is a JSON-RPC error.
pub(super) enum RefusalAnswer<'r> {
    Protocol(CallError),
    ToolResult(ToolResultParts<'r>),
}

impl CallError {
    /// Returns the JSON-RPC error that answers an executed call; `None` if a tool result answers the call.
    pub fn of_outcome(outcome: &CallOutcome, era: Era) -> Option<Self> {
        let error = outcome.answer.as_ref().err()?;
        // Only the client can handle these two errors, and it would pass a tool result to its model. Either the client
        // lacks a capability that the tool needs, or the answers that it sent to the tool's questions can't be used.
        // Legacy revisions (up to 2025-11-25) have no code for the first error. Revision 2026-07-28 requires the HTTP
        // status 400 for it.
        let (code, members) = match (error.kind(), error.lacks().and_then(Capability::of_name)) {
            (ErrorKind::ClientCapability, Some(lacks)) if era == Era::Modern => {
                (code::MISSING_CAPABILITY, format!(r#""requiredCapabilities":{},"#, lacks.declared()))
            }
            (ErrorKind::StaleAnswers, _) => (code::INVALID_PARAMS, String::new()),
            _ => return None,
        };
        let data = data(&members, &ResultStamp::of(outcome));
        Some(CallError { status: 400, code, message: error.to_string(), data, required_scopes: None })
    }

    /// Returns an error whose `data` has the correlation id but no stamp, because the pipeline chose no tool.
    fn unstamped(status: u16, code: i32, message: impl Into<String>, correlation: Uuid) -> Self {
        let data = format!(r#"{{"{META_CORRELATION}":"{correlation}"}}"#).into_bytes();
        CallError { status, code, message: message.into(), data, required_scopes: None }
    }

    fn forbidden(message: String, stamp: &ResultStamp<'_>) -> Self {
        let data = data("", stamp);
        CallError { status: 403, code: code::FORBIDDEN, message, data, required_scopes: None }
    }
}

impl<'r> RefusalAnswer<'r> {
    /// Returns the answer to a call that admission refused.
    pub(super) fn of(refusal: &'r Refusal) -> Self {
        let correlation = refusal.correlation;
        let stamped = |stamp| ResultStamp { stamp, correlation };
        RefusalAnswer::Protocol(match &refusal.kind {
            RefusalKind::Unavailable { stamp, error } => {
                let stamp = stamped(stamp);
                return RefusalAnswer::ToolResult(ToolResultParts {
                    stamp,
                    answer: Err(error),
                    changed_tool: None,
                });
            }
            RefusalKind::Changed { stamp, error, tool } => {
                let (stamp, changed_tool) = (stamped(stamp), Some(tool));
                return RefusalAnswer::ToolResult(ToolResultParts {
                    stamp,
                    answer: Err(error),
                    changed_tool,
                });
            }
            RefusalKind::Unsatisfied { name, requirements, versions } => {
                let (numbers, entries): (Vec<_>, Vec<_>) = versions
                    .iter()
                    .map(|stamp| {
                        let (version, contract) = (stamp.contract.version(), &stamp.digest);
                        (version.to_string(), format!(r#"{{"version":"{version}","contract":"{contract}"}}"#))
                    })
                    .unzip();
                let message = format!(
                    "'{name}' has no version that satisfies {requirements}: the served versions are {}",
                    numbers.join(", ")
                );
                let entries = entries.join(",");
                let data =
                    format!(r#"{{"{META_VERSIONS}":[{entries}],"{META_CORRELATION}":"{correlation}"}}"#);
                let (status, code, data) = (200, code::INVALID_PARAMS, data.into_bytes());
                CallError { status, code, message, data, required_scopes: None }
            }
            RefusalKind::UnknownTool { name } => {
                let message = format!("Unknown tool: {name}");
                CallError::unstamped(200, code::INVALID_PARAMS, message, correlation)
            }
            RefusalKind::Denied { stamp } => {
                let message = format!("this caller may not call '{}'", stamp.contract.name());
                CallError::forbidden(message, &stamped(stamp))
            }
            RefusalKind::CallerDisabled(disabled) => {
                CallError::unstamped(403, code::FORBIDDEN, disabled.message(), correlation)
            }
            RefusalKind::Scope { stamp, missing, required } => {
                let (tool, missing) = (stamp.contract.name(), missing.join(" "));
                let message = format!("'{tool}' needs scopes that this caller lacks: {missing}");
                let required_scopes = Some(required.join(" "));
                CallError { required_scopes, ..CallError::forbidden(message, &stamped(stamp)) }
            }
        })
    }
}

/// Returns an error's `data`: an object with `members`, and then the members of the stamp and the correlation id. In
/// `members`, a comma follows each member, also the last one.
fn data(members: &str, stamp: &ResultStamp<'_>) -> Vec<u8> {
    let mut data = JsonWriter::default();
    data.raw("{");
    data.raw(members);
    stamp.write(&mut data);
    data.raw("}");
    data.into_bytes()
}
