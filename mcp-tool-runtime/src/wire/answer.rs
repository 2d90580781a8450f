//! Answers as JSON-RPC, written once from their parts.

use mcp_tool_contract::json::{META_CONTRACT, META_VERSION};
use mcp_tool_contract::model::Contract;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Endpoint,
    message::{Era, Fault, Id, code},
};
use crate::{
    context::Update,
    dispatch::{Done, Refusal, RefusalKind},
    error::{ErrorKind, ToolError},
    result::Answer,
};

/// The `_meta` key of the id that answer, log and record share.
const META_CORRELATION: &str = "dev.mcp-tool/correlationId";
/// The `_meta` key of an error's structure.
const META_ERROR: &str = "dev.mcp-tool/error";

/// An answer with the HTTP status that it goes out with.
#[derive(Debug)]
pub(crate) struct Framed {
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "only HTTP has statuses"))]
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Framed {
    fn ok(body: String) -> Self {
        Framed { status: 200, body }
    }
}

/// The answer to a call that was carried out.
pub(crate) fn done(endpoint: &Endpoint, id: &Id, era: Era, done: &Done) -> Framed {
    let stamp = Stamp { contract: done.contract, digest: &done.stamp, correlation: done.correlation };
    Framed::ok(tool_result(endpoint, id, era, &stamp, done.answer.as_ref()))
}

/// The answer to a call that may not begin.
pub(crate) fn refused(endpoint: &Endpoint, id: &Id, era: Era, refusal: &Refusal) -> Framed {
    let Refusal { correlation, kind } = refusal;
    match kind {
        RefusalKind::Unavailable { contract, stamp, error } => {
            let stamp = Stamp { contract, digest: stamp, correlation: *correlation };
            Framed::ok(tool_result(endpoint, id, era, &stamp, Err(error)))
        }
        RefusalKind::UnknownTool { name } => {
            let message = format!("Unknown tool: {name}");
            Framed::ok(error(Some(id), code::INVALID_PARAMS, &message, Some(*correlation)))
        }
        RefusalKind::Scope { tool, missing } => {
            let message =
                format!("'{tool}' needs a scope that this caller doesn't hold: {}", missing.join(" "));
            let body = error(Some(id), code::INSUFFICIENT_SCOPE, &message, Some(*correlation));
            Framed { status: 403, body }
        }
    }
}

/// The answer to a message that can't be taken.
pub(crate) fn fault(fault: &Fault) -> Framed {
    let id = fault.id.clone().map(Id);
    Framed { status: 400, body: error(id.as_ref(), fault.code, &fault.message, None) }
}

/// A notification of progress.
pub(crate) fn progress(token: &str, update: &Update) -> String {
    let mut text = String::with_capacity(160);
    text.push_str(r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"#);
    text.push_str(token);
    text.push_str(r#","progress":"#);
    value(&mut text, &update.progress);
    if let Some(total) = update.total.filter(|total| total.is_finite()) {
        text.push_str(r#","total":"#);
        value(&mut text, &total);
    }
    if !update.message.is_empty() {
        text.push_str(r#","message":"#);
        value(&mut text, &update.message);
    }
    text.push_str("}}");
    text
}

/// An unsupported version of the protocol, with those that are supported (2026-07-28, versioning).
pub(crate) fn unsupported_version(id: &Id, requested: &str, supported: &[&str]) -> Framed {
    let mut text = begin(Some(id));
    text.push_str(r#""error":{"code":"#);
    value(&mut text, &code::UNSUPPORTED_VERSION);
    text.push_str(r#","message":"Unsupported protocol version","data":{"supported":"#);
    value(&mut text, &supported);
    text.push_str(r#","requested":"#);
    value(&mut text, &requested);
    text.push_str("}}}");
    Framed { status: 400, body: text }
}

struct Stamp<'s> {
    contract: &'static Contract,
    digest: &'s str,
    correlation: Uuid,
}

fn begin(id: Option<&Id>) -> String {
    let mut text = String::with_capacity(512);
    text.push_str(r#"{"jsonrpc":"2.0","#);
    if let Some(id) = id {
        text.push_str(r#""id":"#);
        text.push_str(&id.0);
        text.push(',');
    }
    text
}

fn error(id: Option<&Id>, code: i32, message: &str, correlation: Option<Uuid>) -> String {
    let mut text = begin(id);
    text.push_str(r#""error":{"code":"#);
    value(&mut text, &code);
    text.push_str(r#","message":"#);
    value(&mut text, &message);
    if let Some(correlation) = correlation {
        text.push_str(&format!(r#","data":{{"{META_CORRELATION}":"{correlation}"}}"#));
    }
    text.push_str("}}");
    text
}

fn tool_result(
    endpoint: &Endpoint,
    id: &Id,
    era: Era,
    stamp: &Stamp<'_>,
    answer: Result<&Answer, &ToolError>,
) -> String {
    let mut text = begin(Some(id));
    text.push_str(r#""result":{"#);
    if era == Era::Modern {
        text.push_str(r#""resultType":"complete","#);
    }
    text.push_str(r#""content":[{"type":"text","text":"#);
    match answer {
        Ok(Answer::Nothing) => text.push_str("\"Done.\""),
        Ok(Answer::Text(plain)) => value(&mut text, plain),
        Ok(Answer::Object(json)) => value(&mut text, json),
        Err(error) => value(&mut text, &words(error, stamp.correlation)),
    }
    text.push_str("}],");
    if let Ok(Answer::Object(json)) = answer {
        text.push_str(r#""structuredContent":"#);
        text.push_str(json);
        text.push(',');
    }
    if answer.is_err() {
        text.push_str(r#""isError":true,"#);
    }
    let Stamp { contract, digest, correlation } = stamp;
    text.push_str(&format!(r#""_meta":{{"{META_VERSION}":"{}","{META_CONTRACT}":"{digest}","{META_CORRELATION}":"{correlation}""#,
        contract.version));
    if let Err(error) = answer {
        text.push_str(&format!(r#","{META_ERROR}":"#));
        value(&mut text, &Structure::of(error));
    }
    if era == Era::Modern {
        text.push(',');
        text.push_str(&endpoint.server_info);
    }
    text.push_str("}}}");
    text
}

/// What the model reads of an error.
fn words(error: &ToolError, correlation: Uuid) -> String {
    let mut words = error.to_string();
    if let Some(after) = error.retry_after() {
        words.push_str(&format!(" (retry after {} ms)", after.as_millis()));
    }
    if matches!(error.kind(), ErrorKind::Internal | ErrorKind::Timeout) {
        words.push_str(&format!(" (correlation id {correlation})"));
    }
    words
}

/// The same for machines.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Structure<'e> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    violations: Option<&'e [mcp_tool_contract::read::violation::Violation]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more_violations: Option<usize>,
}

impl<'e> Structure<'e> {
    fn of(error: &'e ToolError) -> Self {
        let violations = error.violations();
        Structure {
            kind: error.kind().name(),
            retry_after_ms: error
                .retry_after()
                .map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
            violations: violations.map(|violations| violations.listed()),
            more_violations: violations.map(|violations| violations.more()).filter(|more| *more > 0),
        }
    }
}

/// Writes a value as JSON.
fn value(text: &mut String, value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(json) => text.push_str(&json),
        Err(_) => text.push_str("null"),
    }
}
