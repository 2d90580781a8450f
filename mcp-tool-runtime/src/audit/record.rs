//! The record of a call.

use std::{
    collections::BTreeSet,
    net::IpAddr,
    sync::Arc,
    time::{Instant, SystemTime},
};

use mcp_tool_contract::{digest::Digest, model::Contract, read::violation::shown};
use serde::Serialize;
use uuid::Uuid;

use super::Audit;
use crate::{
    context::Reached,
    identity::{Caller, Scopes},
};

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// The function ran and its result was sent.
    Ok,
    /// The function never began.
    Refused,
    /// The function ran and gave no result, or none that may be sent.
    Error,
    /// Nobody waited any more. A writing function that had begun is `unknown` instead.
    Cancelled,
    /// A writing function began, and whether it took effect can't be told.
    Unknown,
}

#[derive(Debug, Serialize)]
struct Record<'r> {
    time: String,
    correlation_id: Uuid,
    user: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'r str>,
    // What a verified token says of its caller besides; local callers have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'r str>,
    /// `human` or `machine`.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'r str>,
    scopes: Held<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<IpAddr>,
    tool: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contract: Option<&'r str>,
    /// The version that answers for it, where it is an adapter, and that one's contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_by: Option<&'r str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deprecated: bool,
    /// Whom it asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    upstreams: Vec<String>,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'r str>,
    duration_us: u64,
    arguments_bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
}

/// The scopes that the caller held: `"all"`, or each.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Held<'r> {
    All(&'static str),
    Only(&'r BTreeSet<String>),
}

impl<'r> From<&'r Scopes> for Held<'r> {
    fn from(scopes: &'r Scopes) -> Self {
        match scopes {
            Scopes::All => Held::All("all"),
            Scopes::Only(scopes) => Held::Only(scopes),
        }
    }
}

/// A record that is being made. It is written once, whatever happens: a call that is dropped on the way is
/// recorded as cancelled.
#[derive(Debug)]
pub(crate) struct Entry {
    audit: Arc<Audit>,
    begun_at: SystemTime,
    clock: Instant,
    correlation: Uuid,
    caller: Caller,
    remote: Option<IpAddr>,
    tool: String,
    contract: Option<(&'static Contract, Arc<str>)>,
    answered_by: Option<String>,
    reached: Option<Arc<Reached>>,
    arguments_bytes: usize,
    arguments: Option<Digest>,
    running: bool,
    written: bool,
}

impl Entry {
    /// The record of a call to what the caller named.
    pub(crate) fn new(
        audit: Arc<Audit>,
        correlation: Uuid,
        caller: Caller,
        remote: Option<IpAddr>,
        tool: &str,
        bytes: usize,
    ) -> Self {
        Entry {
            audit,
            begun_at: SystemTime::now(),
            clock: Instant::now(),
            correlation,
            caller,
            remote,
            tool: shown(tool),
            contract: None,
            answered_by: None,
            reached: None,
            arguments_bytes: bytes,
            arguments: None,
            running: false,
            written: false,
        }
    }

    /// The name was that of this tool.
    pub(crate) fn resolved(&mut self, contract: &'static Contract, digest: Arc<str>) {
        self.contract = Some((contract, digest));
    }

    /// It is an adapter, and this version answers for it.
    pub(crate) fn answered_by(&mut self, contract: &Contract, digest: &str) {
        self.answered_by = Some(format!("{} {} {digest}", contract.name, contract.version));
    }

    /// Whom the function asks will stand here.
    pub(crate) fn reaches(&mut self, reached: Arc<Reached>) {
        self.reached = Some(reached);
    }

    /// The arguments were read, and these are they.
    pub(crate) fn read(&mut self, arguments: Option<Digest>) {
        self.arguments = arguments;
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

    /// The end of a call that gave none, with the reason in a word and, where there is more, in a line.
    pub(crate) fn failed(mut self, outcome: Outcome, reason: &str, detail: Option<&str>) {
        self.write(outcome, Some(reason), detail, None);
    }

    fn write(&mut self, outcome: Outcome, reason: Option<&str>, detail: Option<&str>, result: Option<&[u8]>) {
        self.written = true;
        let record = Record {
            time: rfc3339(self.begun_at),
            correlation_id: self.correlation,
            user: self.caller.user(),
            agent: self.caller.agent().map(shown),
            tenant: self.caller.tenant(),
            issuer: self.caller.issuer(),
            client: self.caller.client(),
            kind: self.caller.issuer().map(|_| self.caller.kind().name()),
            scopes: self.caller.scopes().into(),
            remote: self.remote,
            tool: &self.tool,
            version: self.contract.as_ref().map(|(contract, _)| contract.version.to_string()),
            contract: self.contract.as_ref().map(|(_, digest)| &**digest),
            answered_by: self.answered_by.as_deref(),
            deprecated: self.contract.as_ref().is_some_and(|(contract, _)| contract.deprecation.is_some()),
            upstreams: self.reached.as_ref().map(|reached| reached.names()).unwrap_or_default(),
            outcome,
            reason,
            detail,
            duration_us: u64::try_from(self.clock.elapsed().as_micros()).unwrap_or(u64::MAX),
            arguments_bytes: self.arguments_bytes,
            arguments: self.arguments.map(|digest| digest.to_string()),
            result_bytes: result.map(<[u8]>::len),
            result: result.map(|bytes| Digest::of_bytes(bytes).to_string()),
        };
        match serde_json::to_vec(&record) {
            Ok(mut line) => {
                line.push(b'\n');
                self.audit.append(line, self.running);
            }
            Err(error) => tracing::error!(%error, "a record could not be made"),
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if self.written {
            return;
        }
        let read_only = self.contract.as_ref().is_some_and(|(contract, _)| contract.hints.read_only);
        let outcome = if self.running && !read_only { Outcome::Unknown } else { Outcome::Cancelled };
        self.write(outcome, Some("cancelled"), None, None);
    }
}

fn rfc3339(time: SystemTime) -> String {
    chrono::DateTime::<chrono::Utc>::from(time).to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}
