//! The record of a call: a line of JSON, written from its parts.

use std::{net::IpAddr, sync::Arc};

use mcp_tool_contract::{digest::Digest, model::Contract, read::violation::shown};
use uuid::Uuid;

use super::Audit;
use crate::{
    call::{
        caller::{Caller, Scopes},
        context::CallContext,
    },
    clock::Moment,
    json::Text,
    tool::stamp::ContractStamp,
};

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The function ran and its result was sent.
    Ok,
    /// The function asks its person, and begins anew with the answer.
    Asked,
    /// The function never began.
    Refused,
    /// The function ran and gave no result, or none that may be sent.
    Error,
    /// Nobody waited any more. A writing function that had begun is `unknown` instead.
    Cancelled,
    /// A writing function began, and whether it took effect can't be told.
    Unknown,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Asked => "asked",
            Outcome::Refused => "refused",
            Outcome::Error => "error",
            Outcome::Cancelled => "cancelled",
            Outcome::Unknown => "unknown",
        }
    }
}

/// A record that is being made. It is written once, whatever happens: a call that is dropped on the way is
/// recorded as cancelled.
#[derive(Debug)]
pub(crate) struct Entry {
    audit: Arc<Audit>,
    moment: Moment,
    correlation: Uuid,
    caller: Caller,
    remote: Option<IpAddr>,
    /// What was called, unless it is the name of the tool that was found.
    named: Option<String>,
    tool: Option<Arc<ContractStamp>>,
    answered_by: Option<String>,
    /// The call, once it was admitted: it knows whom the function asked.
    call: Option<CallContext>,
    arguments_bytes: usize,
    arguments: Option<Digest>,
    /// The parameter whose argument was completed, where nothing was called.
    completes: Option<String>,
    /// More of the reason than the caller reads.
    because: Option<&'static str>,
    running: bool,
    written: bool,
}

/// What a record says of a call as it came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallStart<'c> {
    pub(crate) moment: Moment,
    pub(crate) correlation: Uuid,
    pub(crate) remote: Option<IpAddr>,
    /// What was called.
    pub(crate) name: &'c str,
    pub(crate) arguments_bytes: usize,
    /// The parameter whose argument is to be completed.
    pub(crate) completes: Option<&'c str>,
}

impl Entry {
    /// The record of a call to a tool, or to a name that means none.
    pub(crate) fn new(
        audit: &Arc<Audit>,
        came: CallStart<'_>,
        caller: Caller,
        tool: Option<&Arc<ContractStamp>>,
    ) -> Self {
        let CallStart { moment, correlation, remote, name, arguments_bytes, completes } = came;
        let is_its_name = tool.is_some_and(|tool| tool.contract.name == name);
        Entry {
            audit: Arc::clone(audit),
            moment,
            correlation,
            caller,
            remote,
            named: (!is_its_name).then(|| shown(name)),
            tool: tool.map(Arc::clone),
            answered_by: None,
            call: None,
            arguments_bytes,
            arguments: None,
            completes: completes.map(shown),
            because: None,
            running: false,
            written: false,
        }
    }

    /// It is an adapter, and this version answers for it.
    pub(crate) fn answered_by(&mut self, tool: &ContractStamp) {
        let Contract { name, version, .. } = tool.contract;
        self.answered_by = Some(format!("{name} {version} {}", tool.digest));
    }

    /// Whom the function asks will stand here.
    pub(crate) fn admitted(&mut self, call: CallContext) {
        self.call = Some(call);
    }

    /// The arguments were read, and these are they.
    pub(crate) fn read(&mut self, arguments: Option<Digest>) {
        self.arguments = arguments;
    }

    /// Why it fails, in a word for the record alone.
    pub(crate) fn because(&mut self, reason: &'static str) {
        self.because = Some(reason);
    }

    /// The function is about to begin.
    pub(crate) fn running(&mut self) {
        self.running = true;
    }

    /// Whether the function has begun.
    pub(crate) fn is_running(&self) -> bool {
        self.running
    }

    /// The end of a call that gave a result.
    pub(crate) fn succeeded(mut self, result: &[u8]) {
        self.write(Outcome::Ok, None, None, Some(result));
    }

    /// The end of a call that asks its person first, and will be made anew with the answer.
    pub(crate) fn asked(mut self) {
        self.write(Outcome::Asked, None, None, None);
    }

    /// The end of a call that gave none, with the reason in a word and, where there is more, in a line.
    pub(crate) fn failed(mut self, outcome: Outcome, reason: &str, detail: Option<&str>) {
        self.write(outcome, Some(reason), detail, None);
    }

    fn write(&mut self, outcome: Outcome, reason: Option<&str>, detail: Option<&str>, result: Option<&[u8]>) {
        self.written = true;
        let mut line = Line(Text::with_capacity(768));
        line.0.raw(r#"{"time":""#);
        self.moment.write(&mut line.0);
        line.0.raw(r#"","correlation_id":""#);
        line.0.raw(self.correlation.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        line.0.raw("\",");
        line.0.raw(self.caller.written(of_caller));
        if let Some(remote) = self.remote {
            line.name("remote");
            line.0.raw("\"");
            line.0.address(remote);
            line.0.raw("\"");
        }
        match (&self.named, &self.tool) {
            (None, Some(tool)) => {
                line.0.raw(",");
                line.0.raw(&tool.recorded);
            }
            (named, tool) => {
                line.text("tool", named.as_deref().unwrap_or_default());
                if let Some(tool) = tool {
                    line.text("version", &tool.contract.version.to_string());
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
        if self.tool.as_ref().is_some_and(|tool| tool.contract.deprecation.is_some()) {
            line.0.raw(r#","deprecated":true"#);
        }
        if let Some(trace) = self.call.as_ref().and_then(CallContext::trace) {
            line.text("trace", trace.id());
        }
        if let Some(first) = self.call.as_ref().and_then(|call| call.asking().resumes()) {
            line.text("resumes", &first.to_string());
        }
        if let Some(upstreams) =
            self.call.as_ref().map(CallContext::reached).filter(|names| !names.is_empty())
        {
            line.0.raw(r#","upstreams":"#);
            line.0.value(&upstreams);
        }
        line.0.raw(r#","outcome":""#);
        line.0.raw(outcome.name());
        line.0.raw("\"");
        if let Some(reason) = reason {
            line.text("reason", reason);
        }
        if let Some(detail) = detail.or(self.because) {
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
        self.audit.append(line.0.as_bytes(), self.running);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if self.written {
            return;
        }
        let read_only = self.tool.as_ref().is_some_and(|tool| tool.contract.hints.read_only);
        let writes = !read_only && self.completes.is_none();
        let outcome = if self.running && writes { Outcome::Unknown } else { Outcome::Cancelled };
        self.write(outcome, Some("cancelled"), None, None);
    }
}

/// A record as far as it is written. Names of members need no escapes.
#[derive(Default)]
struct Line(Text);

impl Line {
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

/// What a record says of the caller.
fn of_caller(caller: &Caller) -> String {
    let mut line = Line::default();
    line.0.raw(r#""user":"#);
    line.0.string(caller.user());
    if let Some(agent) = caller.agent() {
        line.text("agent", &shown(agent));
    }
    if let Some(tenant) = caller.tenant() {
        line.text("tenant", tenant);
    }
    // What a verified token says of its caller besides; local callers have none.
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
