//! The record of one call, written as a JSON line.

use std::{net::IpAddr, sync::Arc};

use mcp_tool_contract::{digest::Digest, read::violation::shown};
use uuid::Uuid;

use super::Audit;
use crate::{
    call::{
        caller::{Caller, Scopes},
        context::CallContext,
        stamp::ContractStamp,
    },
    clock::Moment,
    json::JsonWriter,
};

/// The member `outcome` of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordOutcome {
    /// The function returned a result, which was sent.
    Ok,
    /// The call ended with a question. The client repeats the call with the answer.
    Asked,
    /// The function wasn't started.
    Refused,
    /// The function failed, or its result breaks the contract.
    Error,
    /// The call was cancelled. If a writing function had started, the outcome is `unknown`.
    Cancelled,
    /// A writing function had started, and its effect isn't known.
    Unknown,
}

impl RecordOutcome {
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

/// Record of a call that hasn't ended. It is written exactly once, and if no method has written it, by `Drop` with the
/// outcome `cancelled` or `unknown`.
#[derive(Debug)]
pub(crate) struct PendingRecord {
    audit: Arc<Audit>,
    moment: Moment,
    correlation: Uuid,
    caller: Caller,
    remote: Option<IpAddr>,
    /// The requested name, if it isn't the tool's own name.
    requested_name: Option<String>,
    tool: Option<Arc<ContractStamp>>,
    answered_by: Option<String>,
    /// Set once the call is admitted.
    call: Option<CallContext>,
    /// Size of the arguments, in bytes.
    arguments_bytes: usize,
    arguments: Option<Digest>,
    /// The parameter whose argument is completed. `None` if the tool is called.
    completes: Option<String>,
    /// Detail that the caller doesn't get.
    detail: Option<&'static str>,
    /// The function has started.
    is_running: bool,
    is_written: bool,
}

/// Facts of a call at its arrival.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallStart<'c> {
    pub(crate) moment: Moment,
    pub(crate) correlation: Uuid,
    /// The client's address, if the call came over a network.
    pub(crate) remote: Option<IpAddr>,
    /// The requested name.
    pub(crate) name: &'c str,
    /// Size of the arguments, in bytes.
    pub(crate) arguments_bytes: usize,
    /// The parameter whose argument is to be completed.
    pub(crate) completes: Option<&'c str>,
}

impl PendingRecord {
    /// Starts the record of a call; `tool` is `None` for an unknown name.
    pub(crate) fn new(
        audit: &Arc<Audit>,
        start: CallStart<'_>,
        caller: Caller,
        tool: Option<&Arc<ContractStamp>>,
    ) -> Self {
        let CallStart { moment, correlation, remote, name, arguments_bytes, completes } = start;
        let is_own_name = tool.is_some_and(|tool| tool.contract.name() == name);
        PendingRecord {
            audit: Arc::clone(audit),
            moment,
            correlation,
            caller,
            remote,
            requested_name: (!is_own_name).then(|| shown(name)),
            tool: tool.map(Arc::clone),
            answered_by: None,
            call: None,
            arguments_bytes,
            arguments: None,
            completes: completes.map(shown),
            detail: None,
            is_running: false,
            is_written: false,
        }
    }

    /// Records the version that answers for an adapter.
    pub(crate) fn answered_by(&mut self, tool: &ContractStamp) {
        let (name, version) = (tool.contract.name(), tool.contract.version());
        self.answered_by = Some(format!("{name} {version} {}", tool.digest));
    }

    /// Records the trace, questions and upstreams of an admitted call.
    pub(crate) fn admitted(&mut self, call: CallContext) {
        self.call = Some(call);
    }

    /// Records the digest of the arguments.
    pub(crate) fn set_arguments(&mut self, arguments: Option<Digest>) {
        self.arguments = arguments;
    }

    /// Records a detail that the caller doesn't get.
    pub(crate) fn set_detail(&mut self, detail: &'static str) {
        self.detail = Some(detail);
    }

    /// Marks the function as started.
    pub(crate) fn start(&mut self) {
        self.is_running = true;
    }

    /// Returns `true` once the function has started.
    pub(crate) fn is_running(&self) -> bool {
        self.is_running
    }

    /// Writes the record of a call with a result.
    pub(crate) fn succeeded(mut self, result: &[u8]) {
        self.write(RecordOutcome::Ok, None, None, Some(result));
    }

    /// Writes the record of a call that ends with a question.
    pub(crate) fn asked(mut self) {
        self.write(RecordOutcome::Asked, None, None, None);
    }

    /// Writes the record of a call without a result.
    pub(crate) fn failed(mut self, outcome: RecordOutcome, reason: &str, detail: Option<&str>) {
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
        let mut line = RecordWriter(JsonWriter::with_capacity(768));
        line.0.raw(r#"{"time":""#);
        self.moment.write(&mut line.0);
        line.0.raw(r#"","correlation_id":""#);
        line.0.raw(self.correlation.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        line.0.raw("\",");
        line.0.raw(self.caller.record_members(caller_members));
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
            line.text("detail", detail);
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
        self.audit.append(line.0.as_bytes(), self.is_running);
    }

    /// Writes the tool of the call.
    fn write_tool(&self, line: &mut RecordWriter) {
        match (&self.requested_name, &self.tool) {
            (None, Some(tool)) => {
                line.0.raw(",");
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
            if self.is_running && writes { RecordOutcome::Unknown } else { RecordOutcome::Cancelled };
        self.write(outcome, Some("cancelled"), None, None);
    }
}

/// Writer of a record's members, whose names need no escapes.
#[derive(Default)]
struct RecordWriter(JsonWriter);

impl RecordWriter {
    fn name(&mut self, name: &str) {
        for part in [",\"", name, "\":"] {
            self.0.raw(part);
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.0.string(text);
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

/// Returns the caller's members of a record.
fn caller_members(caller: &Caller) -> String {
    let mut line = RecordWriter::default();
    line.0.raw(r#""user":"#);
    line.0.string(caller.user());
    if let Some(agent) = caller.agent() {
        line.text("agent", &shown(agent));
    }
    if let Some(tenant) = caller.tenant() {
        line.text("tenant", tenant);
    }
    // Issuer, client and kind come from a verified token, so local callers have none.
    if let Some(issuer) = caller.issuer() {
        line.text("issuer", issuer);
    }
    if let Some(client) = caller.client() {
        line.text("client", client);
    }
    if caller.issuer().is_some() {
        line.text("kind", caller.kind().name());
    }
    line.name("scopes");
    match caller.scopes() {
        Scopes::All => line.0.raw("\"all\""),
        Scopes::Only(held) => line.0.value(held),
    }
    String::from_utf8(line.0.into_bytes()).unwrap_or_default()
}
