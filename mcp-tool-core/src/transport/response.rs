//! JSON-RPC responses and notifications, framed as bytes.

use uuid::Uuid;

use super::{
    call_error::{CallError, RefusalAnswer},
    id::Id,
    message::Era,
    protocol_error::ProtocolError,
    tool_result::{ResultStamp, ToolResultParts},
};
use crate::{
    call::{report::CallReport, stamp::META_CORRELATION},
    json::JsonWriter,
    pipeline::{CallOutcome, Refusal},
    tasks::{POLL_MS, TaskView},
};

/// Bytes to reserve for a response in addition to its content: for the JSON-RPC members, the [`ResultStamp`] (tool
/// version, contract digest, correlation id) and `serverInfo`.
const FRAME_BYTES: usize = 640;

/// A JSON-RPC response as JSON text, with its HTTP status. Stdio ignores the status.
#[derive(Debug)]
pub struct FramedResponse {
    pub(crate) status: u16,
    /// The response as JSON text.
    pub body: Vec<u8>,
    /// Scopes that the client should request in a new token, separated by spaces. Set only if the caller lacks a
    /// scope.
    pub(crate) required_scopes: Option<String>,
}

impl FramedResponse {
    pub(super) fn ok(body: Vec<u8>) -> Self {
        FramedResponse { status: 200, body, required_scopes: None }
    }

    /// The response to a message that can't be processed, with HTTP status 400.
    pub(crate) fn protocol_error(error: &ProtocolError) -> Self {
        protocol_error(error, None)
    }

    /// The response to a rejected call, with the correlation id of the call's audit record.
    pub(super) fn rejected_call(error: &ProtocolError, correlation: Uuid) -> Self {
        protocol_error(error, Some(correlation))
    }

    /// The response to a call that the pipeline refused to admit.
    pub fn refusal(refusal: &Refusal, id: &Id, era: Era, server_info: &str) -> Self {
        match RefusalAnswer::of(refusal) {
            RefusalAnswer::Protocol(error) => call_error(error, id),
            RefusalAnswer::ToolResult(result) => tool_result(&result, id, era, server_info),
        }
    }

    /// The response to a call that was admitted and executed.
    pub fn outcome(outcome: &CallOutcome, id: &Id, era: Era, server_info: &str) -> Self {
        match CallError::of_outcome(outcome, era) {
            Some(error) => call_error(error, id),
            None => tool_result(&ToolResultParts::of(outcome), id, era, server_info),
        }
    }

    /// The response to a call that continues as a task (`CreateTaskResult`, SEP-2663).
    pub(super) fn task_created(
        task: &str,
        view: &TaskView,
        stamp: &ResultStamp<'_>,
        id: &Id,
        server_info: &str,
    ) -> Self {
        let TaskView { created_at, updated_at, ttl_ms, .. } = view;
        let mut text = begin(Some(id), 256);
        text.raw(&format!(
            r#""result":{{"resultType":"task","taskId":"{task}","status":"working","createdAt":"{created_at}","lastUpdatedAt":"{updated_at}","ttlMs":{ttl_ms},"pollIntervalMs":{POLL_MS},"_meta":{{"#
        ));
        stamp.write(&mut text);
        text.raw(",");
        text.raw(server_info);
        text.raw("}}}");
        FramedResponse::ok(text.into_bytes())
    }
}

/// Returns a report (progress or a log message) as a JSON-RPC notification. `token` is the client's progress token as
/// JSON text. Log messages need no token.
pub(crate) fn report(token: Option<&str>, report: &CallReport) -> Vec<u8> {
    let mut text = JsonWriter::with_capacity(160);
    match report {
        CallReport::Progress { progress, total, message } => {
            text.raw(r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"#);
            // Never absent, because calls send progress only to clients that sent a token.
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
        CallReport::Message { level, logger, data } => {
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

fn tool_result(result: &ToolResultParts<'_>, id: &Id, era: Era, server_info: &str) -> FramedResponse {
    let mut text = begin(Some(id), result.content_bytes());
    text.raw(r#""result":"#);
    result.write(&mut text, era, server_info);
    text.raw("}");
    FramedResponse::ok(text.into_bytes())
}

fn call_error(error: CallError, id: &Id) -> FramedResponse {
    let CallError { status, code, message, data, required_scopes } = error;
    let body = framed_error(Some(id), code, &message, Some(&data));
    FramedResponse { status, body, required_scopes }
}

fn protocol_error(error: &ProtocolError, correlation: Option<Uuid>) -> FramedResponse {
    let mut data: Vec<String> = error.data.iter().cloned().collect();
    data.extend(correlation.map(|correlation| format!(r#""{META_CORRELATION}":"{correlation}""#)));
    let data = (!data.is_empty()).then(|| format!("{{{}}}", data.join(",")));
    let data = data.as_ref().map(String::as_bytes);
    let body = framed_error(error.id.as_ref(), error.code, &error.message, data);
    FramedResponse { status: 400, body, required_scopes: None }
}

fn framed_error(id: Option<&Id>, code: i32, message: &str, data: Option<&[u8]>) -> Vec<u8> {
    let mut text = begin(id, message.len());
    text.raw(r#""error":"#);
    write_error(&mut text, code, message, data);
    text.raw("}");
    text.into_bytes()
}

/// Appends a JSON-RPC error object. `data` is JSON text.
pub(super) fn write_error(text: &mut JsonWriter, code: i32, message: &str, data: Option<&[u8]>) {
    text.raw(r#"{"code":"#);
    text.value(&code);
    text.raw(r#","message":"#);
    text.string(message);
    if let Some(data) = data {
        text.raw(r#","data":"#);
        text.bytes(data);
    }
    text.raw("}");
}

/// Begins a response. Reserves memory for `content` bytes of content. The response to a message without a readable id
/// has no id.
fn begin(id: Option<&Id>, content: usize) -> JsonWriter {
    let mut text = JsonWriter::with_capacity(FRAME_BYTES + content);
    text.raw(r#"{"jsonrpc":"2.0","#);
    if let Some(id) = id {
        text.raw(r#""id":"#);
        id.write(&mut text);
        text.raw(",");
    }
    text
}
