//! Answers as JSON-RPC, written once from their parts.

use mcp_tool_contract::json::META_VERSIONS;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Endpoint,
    fault::{ProtocolError, code},
    id::Id,
    message::Era,
};
use crate::{
    ask::Capability,
    call::report::{Report, cut},
    error::{ErrorKind, ToolError},
    json::Text,
    pipeline::{CallOutcome, Refusal, RefusalKind},
    tasks::{POLL_MS, Seen, Task},
    tool::{
        result::Answer,
        stamp::{META_CORRELATION, Stamp},
    },
};

/// The `_meta` key of an error's structure.
pub(super) const META_ERROR: &str = "dev.mcp-tool/error";

/// What a caller reads whom the operator switched off.
pub(super) const WITHDRAWN: &str = "access was withdrawn by the operator";

/// An answer with the HTTP status that it goes out with.
#[derive(Debug)]
pub struct Framed {
    pub(crate) status: u16,
    /// JSON.
    pub body: Vec<u8>,
    /// The scopes that a token needs, where it says too little.
    pub(crate) wanted: Option<String>,
}

impl Framed {
    pub(super) fn ok(body: Vec<u8>) -> Self {
        Framed { status: 200, body, wanted: None }
    }
}

/// The answer to a call that was carried out.
pub(crate) fn done(endpoint: &Endpoint, id: &Id, era: Era, done: &CallOutcome) -> Framed {
    let stamped = Stamped { stamp: &done.stamp, correlation: done.correlation };
    match &done.answer {
        Ok(Answer::Asks(members)) => return Framed::ok(asks(endpoint, id, &stamped, members)),
        Err(error) if let Some(framed) = protocol_error(id, era, &stamped, error) => return framed,
        Ok(_) | Err(_) => {}
    }
    Framed::ok(tool_result(endpoint, id, era, &stamped, done.answer.as_ref(), None))
}

/// A result that asks for input before there is one (2026-07-28, multi round-trip requests).
fn asks(endpoint: &Endpoint, id: &Id, stamped: &Stamped<'_>, members: &str) -> Vec<u8> {
    let mut text = begin(Some(id), members.len());
    text.raw(r#""result":{"resultType":"input_required","#);
    text.raw(members);
    text.raw(r#","_meta":{"#);
    stamped.write(&mut text);
    text.raw(",");
    text.raw(&endpoint.server_info);
    text.raw("}}}");
    text.into_bytes()
}

/// A call that goes on as a task (`CreateTaskResult`, SEP-2663).
pub(crate) fn task(endpoint: &Endpoint, id: &Id, stamp: &Stamp, correlation: Uuid, task: &Task) -> Framed {
    let Seen { created_at, updated_at, ttl_ms, .. } = task.seen();
    let mut text = begin(Some(id), 256);
    text.raw(&format!(
        r#""result":{{"resultType":"task","taskId":"{}","status":"working","createdAt":"{created_at}","lastUpdatedAt":"{updated_at}","ttlMs":{ttl_ms},"pollIntervalMs":{POLL_MS},"_meta":{{"#,
        task.id
    ));
    Stamped { stamp, correlation }.write(&mut text);
    text.raw(",");
    text.raw(&endpoint.server_info);
    text.raw("}}}");
    Framed::ok(text.into_bytes())
}

/// What the protocol has an error of its own for, so that a client rather than its model acts on it.
fn protocol_error(id: &Id, era: Era, stamped: &Stamped<'_>, error: &ToolError) -> Option<Framed> {
    let (code, members) = match (error.kind(), error.lacks().and_then(Capability::of_name)) {
        (ErrorKind::ClientCapability, Some(lacks)) if era == Era::Modern => {
            (code::MISSING_CAPABILITY, format!(r#""requiredCapabilities":{},"#, lacks.declared()))
        }
        (ErrorKind::StaleAnswers, _) => (code::INVALID_PARAMS, String::new()),
        _ => return None,
    };
    let mut data = Text::default();
    data.raw("{");
    data.raw(&members);
    stamped.write(&mut data);
    data.raw("}");
    let body = self::error(Some(id), code, &error.to_string(), Some(data.as_bytes()));
    Some(Framed { status: 400, body, wanted: None })
}

/// The answer to a call that may not begin.
pub(crate) fn refused(endpoint: &Endpoint, id: &Id, era: Era, refusal: &Refusal) -> Framed {
    let Refusal { correlation, kind } = refusal;
    let stamped = |stamp| Stamped { stamp, correlation: *correlation };
    match kind {
        RefusalKind::Unavailable { stamp, error } => {
            Framed::ok(tool_result(endpoint, id, era, &stamped(stamp), Err(error), None))
        }
        RefusalKind::Changed { stamp, error, tool } => {
            Framed::ok(tool_result(endpoint, id, era, &stamped(stamp), Err(error), Some(tool)))
        }
        RefusalKind::Unsatisfied { name, asked, versions } => {
            let (numbers, entries): (Vec<_>, Vec<_>) = versions
                .iter()
                .map(|stamp| {
                    let (version, contract) = (stamp.contract.version, &stamp.text);
                    (version.to_string(), format!(r#"{{"version":"{version}","contract":"{contract}"}}"#))
                })
                .unzip();
            let message =
                format!("'{name}' has no version that fits {asked}: there is {}", numbers.join(", "));
            let data = format!(
                r#"{{"{META_VERSIONS}":[{}],"{META_CORRELATION}":"{correlation}"}}"#,
                entries.join(",")
            );
            Framed::ok(error(Some(id), code::INVALID_PARAMS, &message, Some(data.as_bytes())))
        }
        RefusalKind::UnknownTool { name } => {
            let message = format!("Unknown tool: {name}");
            let data = format!(r#"{{"{META_CORRELATION}":"{correlation}"}}"#);
            Framed::ok(error(Some(id), code::INVALID_PARAMS, &message, Some(data.as_bytes())))
        }
        RefusalKind::Denied { stamp } => {
            let message = format!("'{}' isn't for this caller", stamp.contract.name);
            let data = stamped(stamp).data();
            let body = error(Some(id), code::FORBIDDEN, &message, Some(data.as_bytes()));
            Framed { status: 403, body, wanted: None }
        }
        RefusalKind::Withdrawn => {
            let data = format!(r#"{{"{META_CORRELATION}":"{correlation}"}}"#);
            let body = error(Some(id), code::FORBIDDEN, WITHDRAWN, Some(data.as_bytes()));
            Framed { status: 403, body, wanted: None }
        }
        RefusalKind::Scope { stamp, missing, wanted } => {
            let tool = stamp.contract.name;
            let message =
                format!("'{tool}' needs a scope that this caller doesn't hold: {}", missing.join(" "));
            let data = stamped(stamp).data();
            let body = error(Some(id), code::FORBIDDEN, &message, Some(data.as_bytes()));
            Framed { status: 403, body, wanted: Some(wanted.join(" ")) }
        }
    }
}

/// The answer to a message that can't be taken.
pub(crate) fn fault(fault: &ProtocolError) -> Framed {
    faulty(fault, None)
}

/// The answer to a call that can't be asked for as it came.
pub(crate) fn turned_away(fault: &ProtocolError, correlation: Uuid) -> Framed {
    faulty(fault, Some(correlation))
}

fn faulty(fault: &ProtocolError, correlation: Option<Uuid>) -> Framed {
    let mut data: Vec<String> = fault.data.iter().cloned().collect();
    data.extend(correlation.map(|correlation| format!(r#""{META_CORRELATION}":"{correlation}""#)));
    let data = (!data.is_empty()).then(|| format!("{{{}}}", data.join(",")));
    let body = error(fault.id.as_ref(), fault.code, &fault.message, data.as_ref().map(String::as_bytes));
    Framed { status: 400, body, wanted: None }
}

/// A report as a notification; of progress only where the client gave a token for it.
pub(crate) fn report(token: Option<&str>, report: &Report) -> Vec<u8> {
    let mut text = Text::with_capacity(160);
    match report {
        Report::Progress { progress, total, message } => {
            text.raw(r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"#);
            text.raw(token.unwrap_or("0"));
            text.raw(r#","progress":"#);
            text.value(progress);
            if let Some(total) = total {
                text.raw(r#","total":"#);
                text.value(&total);
            }
            if !message.is_empty() {
                text.raw(r#","message":"#);
                text.string(message);
            }
        }
        Report::Message { level, logger, data } => {
            text.raw(r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"#);
            text.value(level);
            text.raw(r#","logger":"#);
            text.string(logger);
            text.raw(r#","data":"#);
            text.value(data);
        }
    }
    text.raw("}}");
    text.into_bytes()
}

/// What stands on an answer: the tool's stamp, with the id of the call.
struct Stamped<'s> {
    stamp: &'s Stamp,
    correlation: Uuid,
}

impl Stamped<'_> {
    /// Appends it as members of a JSON object.
    fn write(&self, text: &mut Text) {
        text.raw(&self.stamp.before_id);
        text.raw(self.correlation.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        text.raw(&self.stamp.after_id);
    }

    /// As an error's `data`.
    fn data(&self) -> Text {
        let mut data = Text::default();
        data.raw("{");
        self.write(&mut data);
        data.raw("}");
        data
    }
}

/// Begins a message that is about so long, but for its frame.
fn begin(id: Option<&Id>, content: usize) -> Text {
    let mut text = Text::with_capacity(640 + content);
    text.raw(r#"{"jsonrpc":"2.0","#);
    if let Some(id) = id {
        text.raw(r#""id":"#);
        id.write(&mut text);
        text.raw(",");
    }
    text
}

/// An error, with the JSON object that is its `data`.
fn error(id: Option<&Id>, code: i32, message: &str, data: Option<&[u8]>) -> Vec<u8> {
    let mut text = begin(id, message.len());
    text.raw(r#""error":{"code":"#);
    text.value(&code);
    text.raw(r#","message":"#);
    text.string(message);
    if let Some(data) = data {
        text.raw(r#","data":"#);
        text.bytes(data);
    }
    text.raw("}}");
    text.into_bytes()
}

fn tool_result(
    endpoint: &Endpoint,
    id: &Id,
    era: Era,
    stamped: &Stamped<'_>,
    answer: Result<&Answer, &ToolError>,
    tool: Option<&serde_json::Value>,
) -> Vec<u8> {
    let content = match answer {
        // Once as it is, and once as text, where every quote takes one byte more.
        Ok(Answer::Object(json)) => json.len() * 2 + json.len() / 4,
        Ok(Answer::Structured { object, content }) => object.len() * 2 + object.len() / 4 + content.len(),
        Ok(Answer::Text(text) | Answer::Content(text)) => text.len(),
        Ok(Answer::Nothing | Answer::Asks(_)) | Err(_) => 0,
    };
    let mut text = begin(Some(id), content);
    text.raw(r#""result":{"#);
    if era == Era::Modern {
        text.raw(r#""resultType":"complete","#);
    }
    if let Ok(Answer::Content(pieces)) = answer {
        text.raw(r#""content":["#);
        text.raw(pieces);
        text.raw("],");
    } else {
        text.raw(r#""content":[{"type":"text","text":"#);
        match answer {
            Ok(Answer::Nothing | Answer::Content(_) | Answer::Asks(_)) => text.raw("\"Done.\""),
            Ok(Answer::Text(plain)) => text.string(plain),
            Ok(Answer::Object(json) | Answer::Structured { object: json, .. }) => text.string(json),
            Err(error) => text.string(&words(error, stamped.correlation)),
        }
        text.raw("}");
        if let Ok(Answer::Structured { content, .. }) = answer
            && !content.is_empty()
        {
            text.raw(",");
            text.raw(content);
        }
        text.raw("],");
    }
    if let Ok(Answer::Object(json) | Answer::Structured { object: json, .. }) = answer {
        text.raw(r#""structuredContent":"#);
        text.raw(json);
        text.raw(",");
    }
    if answer.is_err() {
        text.raw(r#""isError":true,"#);
    }
    text.raw(r#""_meta":{"#);
    stamped.write(&mut text);
    if let Err(error) = answer {
        text.raw(&format!(r#","{META_ERROR}":"#));
        text.value(&Structure { tool, ..Structure::of(error) });
    }
    if era == Era::Modern {
        text.raw(",");
        text.raw(&endpoint.server_info);
    }
    text.raw("}}}");
    text.into_bytes()
}

/// What the model reads of an error.
pub(super) fn words(error: &ToolError, correlation: Uuid) -> String {
    let mut words = cut(error.to_string().into()).into_owned();
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
    /// Calls that one caller may make in the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    violations: Option<&'e [mcp_tool_contract::read::violation::Violation]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more_violations: Option<usize>,
    /// The tool as it is now, where it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<&'e serde_json::Value>,
}

impl<'e> Structure<'e> {
    fn of(error: &'e ToolError) -> Self {
        let violations = error.violations();
        Structure {
            kind: error.kind().name(),
            retry_after_ms: error
                .retry_after()
                .map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
            limit: error.rate().map(|rate| rate.calls),
            window_ms: error.rate().map(|rate| rate.window.milliseconds()),
            violations: violations.map(|violations| violations.listed()),
            more_violations: violations.map(|violations| violations.more()).filter(|more| *more > 0),
            tool: None,
        }
    }
}
