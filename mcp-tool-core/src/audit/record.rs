//! The audit record of one call, completion or request about a task, written as a JSON line.

use std::{net::IpAddr, sync::Arc};

use mcp_tool_contract::{
    digest::Digest,
    read::violation::{escaped, escaped_excerpt},
};
use uuid::Uuid;

use super::{Audit, refusals::CountedRefusals};
use crate::{
    call::{
        caller::{Caller, Scopes},
        context::CallContext,
        stamp::ContractStamp,
    },
    clock::Moment,
    json::JsonWriter,
};

/// Value of the member `outcome` of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordOutcome {
    /// The function returned a valid result, or a request about a task succeeded.
    Ok,
    /// The call ended with a question. The client can repeat the call with the answer.
    Asked,
    /// The call ended with an error before the function started.
    Refused,
    /// The function failed or returned an invalid result, and there is no doubt about its effect: the tool is
    /// `read_only`, or the error isn't [unsettled](crate::error::ToolError::unsettled).
    Error,
    /// The call was cancelled without an effect: the function had not started, the tool is `read_only`, or the request
    /// was a completion.
    Cancelled,
    /// The function had started when the call failed or was cancelled, and the function may have changed something.
    Unknown,
}

impl RecordOutcome {
    /// Names of all outcomes.
    pub const NAMES: [&'static str; 6] = [
        RecordOutcome::Ok.name(),
        RecordOutcome::Asked.name(),
        RecordOutcome::Refused.name(),
        RecordOutcome::Error.name(),
        RecordOutcome::Cancelled.name(),
        RecordOutcome::Unknown.name(),
    ];

    const fn name(self) -> &'static str {
        match self {
            RecordOutcome::Ok => "ok",
            RecordOutcome::Asked => "asked",
            RecordOutcome::Refused => "refused",
            RecordOutcome::Error => "error",
            RecordOutcome::Cancelled => "cancelled",
            RecordOutcome::Unknown => "unknown",
        }
    }
}

/// Record of a call, a completion or a request about a task that hasn't ended. Each record is written exactly once, by
/// [`write_result`](Self::write_result), [`write_question`](Self::write_question),
/// [`write_task_request`](Self::write_task_request) or [`write_failure`](Self::write_failure). If the call is dropped
/// before that, `Drop` writes the record with the outcome `cancelled` or `unknown`.
#[derive(Debug)]
pub(crate) struct PendingRecord {
    audit: Arc<Audit>,
    /// Start of the call.
    moment: Moment,
    correlation: Uuid,
    caller: Caller,
    /// The client's network address; `None` over stdio.
    remote: Option<IpAddr>,
    /// The requested name, escaped. `None` if it is the name in the contract. Names of older versions, such as
    /// `greet_v1`, differ from it.
    requested_name: Option<String>,
    /// Contract of the called version of the tool; `None` if the call was refused before the version was found.
    tool: Option<Arc<ContractStamp>>,
    /// Name, version and contract digest of the version that an adapter calls; `None` if the tool isn't an adapter.
    answered_by: Option<String>,
    /// `None` until the call is admitted.
    call: Option<CallContext>,
    /// Size of the arguments, in bytes.
    arguments_bytes: usize,
    /// Digest of the arguments; `None` until they have been read.
    arguments: Option<Digest>,
    /// Name of the parameter whose argument is completed, escaped. `None` if the tool is called.
    completes: Option<String>,
    /// Method and task id of a request about a task; `None` for a call or a completion. Boxed, because calls are more
    /// frequent.
    task_request: Option<Box<(&'static str, String)>>,
    /// Member `detail` of the record: explains the member `reason` to the operator. The caller doesn't get this text.
    detail: Option<&'static str>,
    has_started: bool,
    is_written: bool,
}

/// Facts of a call that are known when the call arrives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallStart<'c> {
    /// Start of the call.
    pub(crate) moment: Moment,
    pub(crate) correlation: Uuid,
    /// The client's network address; `None` over stdio.
    pub(crate) remote: Option<IpAddr>,
    /// Name of the tool, as the client sent it.
    pub(crate) name: &'c str,
    /// Size of the arguments, in bytes.
    pub(crate) arguments_bytes: usize,
    /// Name of the parameter whose argument is to be completed, as the client sent it. `None` if the tool is called.
    pub(crate) completes: Option<&'c str>,
}

impl PendingRecord {
    /// Starts the record of a call. `tool` is `None` if the call is refused before the version of the tool is known.
    pub(crate) fn new(
        audit: &Arc<Audit>,
        start: CallStart<'_>,
        caller: Caller,
        tool: Option<&Arc<ContractStamp>>,
    ) -> Self {
        let CallStart { moment, correlation, remote, name, arguments_bytes, completes } = start;
        let is_contract_name = tool.is_some_and(|tool| tool.contract.name() == name);
        PendingRecord {
            audit: Arc::clone(audit),
            moment,
            correlation,
            caller,
            remote,
            requested_name: (!is_contract_name).then(|| escaped_excerpt(name)),
            tool: tool.map(Arc::clone),
            answered_by: None,
            call: None,
            arguments_bytes,
            arguments: None,
            completes: completes.map(escaped_excerpt),
            task_request: None,
            detail: None,
            has_started: false,
            is_written: false,
        }
    }

    /// Records the version that answers an adapter's call: the adapter's target, or the last target of a chain of
    /// adapters.
    pub(crate) fn set_answered_by(&mut self, tool: &ContractStamp) {
        let (name, version) = (tool.contract.name(), tool.contract.version());
        self.answered_by = Some(format!("{name} {version} {}", tool.digest));
    }

    /// Keeps the context of an admitted call until the record is written. The record gets from it the call's trace and
    /// upstreams. If the client repeated a call with answers to its questions, the record also gets the id of the first
    /// call.
    pub(crate) fn set_call(&mut self, call: CallContext) {
        self.call = Some(call);
    }

    /// Records the digest of the arguments.
    pub(crate) fn set_arguments(&mut self, arguments: Option<Digest>) {
        self.arguments = arguments;
    }

    /// Makes this the record of a request about a task. `method` is its method, such as `tasks/get`, and `id` is the
    /// task's id as the client sent it.
    pub(crate) fn set_task_request(&mut self, method: &'static str, id: &str) {
        self.task_request = Some(Box::new((method, escaped_excerpt(id))));
    }

    /// Writes the record of a request about a task that succeeds.
    pub(crate) fn write_task_request(mut self) {
        self.write(RecordOutcome::Ok, None, None, None);
    }

    /// Records a text that explains the record's `reason` to the operator. The caller doesn't get this text.
    pub(crate) fn set_detail(&mut self, detail: &'static str) {
        self.detail = Some(detail);
    }

    /// Records that the function has started.
    pub(crate) fn start(&mut self) {
        self.has_started = true;
    }

    /// Returns `true` if the function has started.
    pub(crate) fn has_started(&self) -> bool {
        self.has_started
    }

    /// Writes the record of a call that ends with `result`.
    pub(crate) fn write_result(mut self, result: &[u8]) {
        self.write(RecordOutcome::Ok, None, None, Some(result));
    }

    /// Writes the record of a call that ends with a question.
    pub(crate) fn write_question(mut self) {
        self.write(RecordOutcome::Asked, None, None, None);
    }

    /// Writes the record of a call that ends with an error. `detail` explains `reason`, and replaces the text of
    /// [`set_detail`](Self::set_detail).
    pub(crate) fn write_failure(mut self, outcome: RecordOutcome, reason: &str, detail: Option<&str>) {
        if outcome == RecordOutcome::Refused && !self.audit.records_refusal(&self.caller, reason, self.moment)
        {
            self.is_written = true;
            return;
        }
        self.write(outcome, Some(reason), detail, None);
    }

    fn write(
        &mut self,
        outcome: RecordOutcome,
        reason: Option<&str>,
        detail: Option<&str>,
        result: Option<&[u8]>,
    ) {
        self.is_written = true;
        let mut line = RecordWriter::of(self.moment, &self.correlation, &self.caller);
        if let Some(remote) = self.remote {
            line.name("remote");
            line.0.raw("\"");
            line.0.address(remote);
            line.0.raw("\"");
        }
        self.write_tool(&mut line);
        self.write_call(&mut line);
        line.0.raw(r#","outcome":""#);
        line.0.raw(outcome.name());
        line.0.raw("\"");
        if let Some(reason) = reason {
            line.text("reason", reason);
        }
        if let Some(detail) = detail.or(self.detail) {
            // The application's policy may name users and others in its reason.
            line.text("detail", &escaped(detail));
        }
        line.number("duration_us", self.moment.instant.elapsed().as_micros());
        line.number("arguments_bytes", self.arguments_bytes as u128);
        if let Some(arguments) = &self.arguments {
            line.digest("arguments", arguments);
        }
        if let Some(result) = result {
            line.number("result_bytes", result.len() as u128);
            line.digest("result", &Digest::of_bytes(result));
        }
        line.0.raw("}\n");
        self.audit.append(line.0.as_bytes(), self.has_started);
    }

    /// Writes the tool of the call.
    fn write_tool(&self, line: &mut RecordWriter) {
        match (&self.requested_name, &self.tool) {
            (None, Some(tool)) => {
                line.0.raw(",");
                // The members `tool`, `version` and `contract`, encoded when the server started.
                line.0.raw(&tool.recorded);
            }
            (name, tool) => {
                line.text("tool", name.as_deref().unwrap_or_default());
                if let Some(tool) = tool {
                    line.text("version", &tool.contract.version().to_string());
                    line.text("contract", &tool.digest);
                }
            }
        }
        if let Some(parameter) = &self.completes {
            line.text("completes", parameter);
        }
        if let Some((method, id)) = self.task_request.as_deref() {
            line.text("request", method);
            line.text("task", id);
        }
        if let Some(answered_by) = &self.answered_by {
            line.text("answered_by", answered_by);
        }
        if self.tool.as_ref().is_some_and(|tool| tool.contract.deprecation().is_some()) {
            line.0.raw(r#","deprecated":true"#);
        }
    }

    /// Writes facts of the admitted call.
    fn write_call(&self, line: &mut RecordWriter) {
        let Some(call) = &self.call else { return };
        if let Some(trace) = call.trace() {
            line.text("trace", trace.id());
        }
        if let Some(first) = call.asking().first_call() {
            line.text("resumes", &first.to_string());
        }
        let upstreams = call.upstreams();
        if !upstreams.is_empty() {
            line.0.raw(r#","upstreams":"#);
            line.0.value(&upstreams);
        }
    }
}

impl Drop for PendingRecord {
    fn drop(&mut self) {
        if self.is_written {
            return;
        }
        let read_only = self.tool.as_ref().is_some_and(|tool| tool.contract.hints().read_only());
        let writes = !read_only && self.completes.is_none();
        let outcome =
            if self.has_started && writes { RecordOutcome::Unknown } else { RecordOutcome::Cancelled };
        self.write(outcome, Some("cancelled"), None, None);
    }
}

impl CountedRefusals {
    /// Returns the record, a line of JSON.
    pub(super) fn line(&self) -> Vec<u8> {
        let mut line = RecordWriter::of(self.first, &self.first.id(), &self.caller);
        line.text("tool", "-");
        line.text("outcome", RecordOutcome::Refused.name());
        line.text("reason", &self.reason);
        line.number("repeated", self.count.into());
        let span = self.last.instant.saturating_duration_since(self.first.instant);
        line.number("duration_us", span.as_micros());
        line.number("arguments_bytes", 0);
        line.0.raw("}\n");
        line.0.into_bytes()
    }
}

/// Writes the members of a record. Names of members are written without escapes, because they are constants.
#[derive(Default)]
struct RecordWriter(JsonWriter);

impl RecordWriter {
    /// Begins a record.
    fn of(moment: Moment, correlation: &Uuid, caller: &Caller) -> Self {
        let mut line = RecordWriter(JsonWriter::with_capacity(768));
        line.0.raw(r#"{"time":""#);
        moment.write(&mut line.0);
        line.0.raw(r#"","correlation_id":""#);
        line.0.raw(correlation.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        line.0.raw("\",");
        // The caller keeps this text, so `caller_members` runs only for the caller's first record.
        line.0.raw(caller.record_members(caller_members));
        line
    }

    fn name(&mut self, name: &str) {
        for part in [",\"", name, "\":"] {
            self.0.raw(part);
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.0.string(text);
    }

    /// Writes a text that is present, escaped.
    fn escaped_text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, &escaped(text));
        }
    }

    fn number(&mut self, name: &str, number: u128) {
        self.name(name);
        self.0.number(u64::try_from(number).unwrap_or(u64::MAX));
    }

    fn digest(&mut self, name: &str, digest: &Digest) {
        self.name(name);
        self.0.raw("\"");
        self.0.bytes(&digest.ascii());
        self.0.raw("\"");
    }
}

/// Returns the members of a record that describe the caller, as JSON text without the enclosing braces. Texts are
/// escaped, because issuers of tokens and their users choose them. A character that reverses or hides text could
/// otherwise mislead the readers of records.
fn caller_members(caller: &Caller) -> String {
    let mut line = RecordWriter::default();
    line.0.raw(r#""user":"#);
    line.0.string(&escaped(caller.user()));
    if let Some(agent) = caller.agent() {
        line.text("agent", &escaped_excerpt(agent));
    }
    line.escaped_text("tenant", caller.tenant());
    // Issuer, client and kind come from a verified token, so local callers have none.
    line.escaped_text("issuer", caller.issuer());
    line.escaped_text("client", caller.client());
    if caller.issuer().is_some() {
        line.text("kind", caller.kind().name());
    }
    line.name("scopes");
    match caller.scopes() {
        Scopes::All => line.0.raw("\"all\""),
        Scopes::Only(held) => line.0.value(&held.iter().map(|scope| escaped(scope)).collect::<Vec<_>>()),
    }
    String::from_utf8(line.0.into_bytes()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_of_claims_are_escaped() {
        let hidden = "a\u{202e}\u{2028}\u{200b}\u{7f}b";
        let caller = Caller::new(hidden)
            .with_agent(hidden)
            .with_tenant(hidden)
            .with_issuer(hidden)
            .with_client(hidden)
            .with_scopes([hidden]);
        let members = caller_members(&caller);
        assert!(members.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "raw characters in {members}");
        // In JSON, the backslash of the escape is escaped too.
        let shown = r"a\\u{202e}\\u{2028}\\u{200b}\\u{7f}b";
        assert_eq!(members.matches(shown).count(), 6, "{members}");
    }
}
