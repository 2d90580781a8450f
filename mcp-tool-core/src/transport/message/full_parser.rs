//! The full parser: parses messages of all kinds in every valid form, and explains why a message is invalid.

use std::{borrow::Cow, collections::BTreeMap};

use mcp_tool_contract::{json::META_REQUIRES, read::violation::escaped_excerpt};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{
    limits,
    types::{ClientMessage, Era, MAX_MEMBER_BYTES, Meta, ToolCall, keys},
};
use crate::{
    ask::InputAnswers,
    call::{log_level::LogLevel, trace::TraceContext},
    json::present,
    pipeline::versions::Requirement,
    transport::{
        id::Id,
        protocol_error::{ProtocolError, code},
    },
};

/// Maximum number of members of `inputResponses`, twice the number of questions that one call may ask,
/// so that clients may send some that answer no question.
const MAX_INPUT_RESPONSES: usize = 64;

#[derive(Deserialize)]
#[serde(transparent)]
struct BorrowedText<'m>(#[serde(borrow)] Cow<'m, str>);

#[derive(Deserialize)]
struct Envelope<'m> {
    #[serde(borrow, default)]
    jsonrpc: Option<&'m RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'m RawValue>,
    #[serde(borrow, default)]
    method: Option<BorrowedText<'m>>,
    /// `null` counts as absent, because some clients write all optional members.
    #[serde(borrow, default)]
    params: Option<&'m RawValue>,
    #[serde(default)]
    result: Option<IgnoredAny>,
    #[serde(default)]
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct CallParams<'m> {
    #[serde(borrow)]
    name: BorrowedText<'m>,
    #[serde(borrow, default)]
    arguments: Option<&'m RawValue>,
    #[serde(borrow, default, rename = "_meta")]
    meta: Option<&'m RawValue>,
    #[serde(borrow, default, rename = "inputResponses")]
    input_responses: Option<&'m RawValue>,
    #[serde(borrow, default, rename = "requestState")]
    request_state: Option<&'m RawValue>,
}

/// Parameters of requests other than `tools/call`.
#[derive(Deserialize)]
struct OtherParams<'m> {
    #[serde(borrow, default)]
    cursor: Option<&'m RawValue>,
    #[serde(borrow, default, rename = "_meta")]
    meta: Option<&'m RawValue>,
}

#[derive(Default, Deserialize)]
struct MetaMembers<'m> {
    #[serde(borrow, default, rename = "progressToken")]
    progress_token: Option<&'m RawValue>,
    #[serde(borrow, default, rename = "io.modelcontextprotocol/protocolVersion")]
    protocol_version: Option<&'m RawValue>,
    #[serde(borrow, default, rename = "io.modelcontextprotocol/clientCapabilities")]
    capabilities: Option<&'m RawValue>,
    #[serde(borrow, default, rename = "io.modelcontextprotocol/clientInfo")]
    client: Option<&'m RawValue>,
    #[serde(borrow, default, rename = "dev.mcp-tool/requires", deserialize_with = "present")]
    requires: Option<&'m RawValue>,
    #[serde(borrow, default, rename = "io.modelcontextprotocol/logLevel")]
    level: Option<&'m RawValue>,
    #[serde(borrow, default)]
    traceparent: Option<&'m RawValue>,
    #[serde(borrow, default)]
    tracestate: Option<&'m RawValue>,
}

/// Parses a message of any kind.
pub fn parse(text: &str) -> Result<ClientMessage<'_>, ProtocolError> {
    limits::check_nesting(text)?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| {
        ProtocolError::new(code::PARSE, format!("the message isn't JSON: {}", excerpt(&error)))
    })?;
    let envelope: Envelope<'_> = match raw.get().as_bytes().first() {
        Some(b'{') => serde_json::from_str(raw.get()).map_err(|error| {
            ProtocolError::new(code::INVALID_REQUEST, format!("not a JSON-RPC message: {}", excerpt(&error)))
        })?,
        Some(b'[') => {
            // Only revision 2025-03-26 had batches, and this server doesn't offer it.
            let message = "batches aren't supported: send one message at a time";
            return Err(ProtocolError::new(code::INVALID_REQUEST, message));
        }
        _ => return Err(ProtocolError::new(code::INVALID_REQUEST, "a JSON-RPC message must be an object")),
    };
    read_envelope(envelope, text)
}

/// Reads the members of a message. `text` is the whole message.
fn read_envelope<'m>(envelope: Envelope<'m>, text: &str) -> Result<ClientMessage<'m>, ProtocolError> {
    let invalid = |message: &str| ProtocolError::new(code::INVALID_REQUEST, message);
    let id = match envelope.id {
        None => None,
        Some(raw) => match Id::new(raw.get()) {
            Some(id) => Some(id),
            None => {
                return Err(invalid(
                    "`id` must be a string, or an integer without fraction and exponent, of at most 512 bytes",
                ));
            }
        },
    };
    let with_its_id = |error: ProtocolError| match &id {
        Some(id) => error.with_id(id),
        None => error,
    };
    if !envelope.jsonrpc.is_some_and(is_version_2) {
        return match (&id, envelope.method) {
            (None, Some(_)) => Ok(ClientMessage::InvalidNotification),
            _ => Err(with_its_id(invalid("`jsonrpc` must be \"2.0\""))),
        };
    }
    let Some(BorrowedText(method)) = envelope.method else {
        return match (envelope.result, envelope.error) {
            (None, None) => Err(with_its_id(invalid("`method` is missing"))),
            _ => limits::check_other(None, text).map(|()| ClientMessage::Response),
        };
    };
    if id.is_none() || method != "tools/call" {
        match limits::check_other(Some(&method), text) {
            // A notification has no answer.
            Err(_) if id.is_none() => return Ok(ClientMessage::InvalidNotification),
            checked => checked.map_err(with_its_id)?,
        }
    }
    if envelope.params.is_some_and(|params| !params.get().starts_with('{')) {
        if id.is_none() {
            return Ok(ClientMessage::InvalidNotification);
        }
        return Err(with_its_id(ProtocolError::new(code::INVALID_PARAMS, "`params` must be an object")));
    }
    match id {
        None => Ok(notification(method, envelope.params)),
        Some(id) if method == "tools/call" => match call(id.clone(), envelope.params) {
            Ok(call) => Ok(ClientMessage::Call(call)),
            Err(error) => Err(error.with_id(&id)),
        },
        Some(id) => match other_request(&method, envelope.params) {
            Ok((meta, cursor)) => Ok(ClientMessage::Request { id, method, meta, cursor }),
            Err(error) => Err(error.with_id(&id)),
        },
    }
}

/// Returns `true` if `raw` is the JSON string `2.0`.
fn is_version_2(raw: &RawValue) -> bool {
    raw.get() == "\"2.0\""
        || serde_json::from_str::<BorrowedText<'_>>(raw.get()).is_ok_and(|BorrowedText(text)| text == "2.0")
}

fn notification<'m>(method: Cow<'m, str>, params: Option<&'m RawValue>) -> ClientMessage<'m> {
    #[derive(Deserialize)]
    struct CancelledParams<'m> {
        #[serde(borrow, rename = "requestId")]
        request: &'m RawValue,
    }
    if method != "notifications/cancelled" {
        return ClientMessage::Notification;
    }
    // `None` if the cancellation is malformed: then it cancels nothing (2026-07-28, cancellation §error handling).
    let request = params
        .and_then(|params| serde_json::from_str::<CancelledParams<'_>>(params.get()).ok())
        .and_then(|params| Id::new(params.request.get()));
    ClientMessage::Cancelled { request }
}

fn call(id: Id, params: Option<&RawValue>) -> Result<ToolCall<'_>, ProtocolError> {
    let invalid = |message: String| ProtocolError::new(code::INVALID_PARAMS, message);
    let params = params.ok_or_else(|| invalid("`params` is missing".into()))?;
    let params: CallParams<'_> = serde_json::from_str(params.get())
        .map_err(|error| invalid(format!("invalid parameters of tools/call: {}", excerpt(&error))))?;
    let arguments = params.arguments.map_or("{}", RawValue::get);
    let answers = input_answers(&params);
    let (meta, error) = match (meta(params.meta), &answers) {
        (Err(error), _) => (Meta::default(), Some(Box::new(error))),
        (Ok(meta), Err(error)) => (meta, Some(Box::new(error.clone()))),
        (Ok(meta), Ok(Some(_))) if meta.era() == Era::Legacy => {
            let message = "`requestState` and `inputResponses` need revision 2026-07-28: name it in `_meta`";
            (meta, Some(Box::new(invalid(message.into()))))
        }
        (Ok(meta), Ok(_)) if !arguments.starts_with('{') => {
            (meta, Some(Box::new(invalid("`arguments` must be an object".into()))))
        }
        (Ok(meta), Ok(_)) => (meta, None),
    };
    let answers = answers.unwrap_or_default();
    Ok(ToolCall { id, name: params.name.0, arguments, meta, answers, error })
}

/// Reads the answers to the questions that the tool asked in an earlier result of this call. `None` if the call has
/// neither `requestState` nor `inputResponses`.
fn input_answers(params: &CallParams<'_>) -> Result<Option<Box<InputAnswers>>, ProtocolError> {
    let CallParams { input_responses, request_state, .. } = params;
    if input_responses.is_none() && request_state.is_none() {
        return Ok(None);
    }
    let invalid = |message: &str| ProtocolError::new(code::INVALID_PARAMS, message);
    // Limited, because a call keeps both members in memory while it runs.
    for (name, raw) in [("requestState", request_state), ("inputResponses", input_responses)] {
        check_size(name, raw.map_or("", RawValue::get))?;
    }
    let state = request_state.map(|raw| serde_json::from_str::<String>(raw.get())).transpose();
    let responses = input_responses.map(|raw| serde_json::from_str(raw.get())).transpose();
    let responses: BTreeMap<String, Box<RawValue>> =
        responses.map_err(|_| invalid("`inputResponses` must be an object"))?.unwrap_or_default();
    if responses.len() > MAX_INPUT_RESPONSES {
        let message = format!(
            "`inputResponses`: must have at most {MAX_INPUT_RESPONSES} members, got {}",
            responses.len()
        );
        return Err(invalid(&message));
    }
    let state = state.map_err(|_| invalid("`requestState` must be a string"))?;
    Ok(Some(Box::new(InputAnswers { state, responses })))
}

/// Rejects the member `name` of a request if its JSON text is larger than [`MAX_MEMBER_BYTES`].
fn check_size(name: &str, json: &str) -> Result<(), ProtocolError> {
    if json.len() <= MAX_MEMBER_BYTES {
        return Ok(());
    }
    let message = format!("`{name}`: must be at most {MAX_MEMBER_BYTES} bytes, got {}", json.len());
    Err(ProtocolError::new(code::INVALID_PARAMS, message))
}

/// Reads the parameters of a request other than `tools/call`: `_meta`, and the `cursor` of a list request.
fn other_request<'m>(
    method: &str,
    params: Option<&'m RawValue>,
) -> Result<(Meta<'m>, Option<Cow<'m, str>>), ProtocolError> {
    let Some(params) = params else { return Ok((Meta::default(), None)) };
    let params: OtherParams<'_> = serde_json::from_str(params.get()).map_err(|error| {
        ProtocolError::new(code::INVALID_PARAMS, format!("`params` can't be read: {}", excerpt(&error)))
    })?;
    let cursor = match params.cursor {
        Some(cursor) if method.ends_with("/list") => {
            match serde_json::from_str::<BorrowedText<'_>>(cursor.get()) {
                Ok(BorrowedText(cursor)) => Some(cursor),
                // Rejected here, because rmcp would ignore the cursor and answer with the first page.
                Err(_) => return Err(ProtocolError::new(code::INVALID_PARAMS, "`cursor` must be a string")),
            }
        }
        _ => None,
    };
    let meta = meta(params.meta)?;
    if meta.requires.is_some() {
        let message =
            format!("`{META_REQUIRES}` requires a version of a tool: it is allowed in tools/call only");
        return Err(ProtocolError::new(code::INVALID_PARAMS, message));
    }
    Ok((meta, cursor))
}

fn meta(raw: Option<&RawValue>) -> Result<Meta<'_>, ProtocolError> {
    let invalid = |message: String| ProtocolError::new(code::INVALID_PARAMS, message);
    let members: MetaMembers<'_> = match raw {
        None => MetaMembers::default(),
        // serde would read an array as the struct's members in order.
        Some(raw) if !raw.get().starts_with('{') => return Err(invalid("`_meta` must be an object".into())),
        Some(raw) => serde_json::from_str(raw.get())
            .map_err(|error| invalid(format!("`_meta` can't be read: {}", excerpt(&error))))?,
    };
    let requires = match members.requires {
        None => None,
        Some(raw) => {
            let text = serde_json::from_str::<BorrowedText<'_>>(raw.get())
                .map(|BorrowedText(text)| text.into_owned());
            let requirement =
                text.map_err(|_| "must be a string".to_owned()).and_then(|text| Requirement::parse(&text));
            Some(requirement.map_err(|reason| invalid(format!("`{META_REQUIRES}`: {reason}")))?)
        }
    };
    let protocol_version = match members.protocol_version {
        None => None,
        Some(raw) => match serde_json::from_str::<BorrowedText<'_>>(raw.get()) {
            Ok(BorrowedText(version)) => Some(version),
            Err(_) => {
                return Err(invalid("`io.modelcontextprotocol/protocolVersion` must be a string".into()));
            }
        },
    };
    let level = match members.level.map(|raw| serde_json::from_str::<BorrowedText<'_>>(raw.get())) {
        None => None,
        Some(name) => match name.ok().and_then(|BorrowedText(name)| LogLevel::of_name(&name)) {
            Some(level) => Some(level),
            None => {
                return Err(invalid(format!(
                    "`{}` must be a level of RFC 5424, such as `info`",
                    keys::LOG_LEVEL
                )));
            }
        },
    };
    let progress_token = match members.progress_token.map(RawValue::get) {
        Some(raw) if Id::new(raw).is_none() => {
            return Err(invalid(
                "`progressToken` must be a string, or an integer without fraction and exponent, of at most 512 bytes"
                    .into(),
            ));
        }
        token => token,
    };
    check_size(keys::CAPABILITIES, members.capabilities.map_or("", RawValue::get))?;
    Ok(Meta {
        protocol_version,
        capabilities: members.capabilities.map(RawValue::get),
        has_capabilities: members.capabilities.is_some_and(|raw| raw.get().starts_with('{')),
        client: members.client.map(RawValue::get),
        progress_token,
        requires,
        level,
        trace: trace(members.traceparent, members.tracestate),
    })
}

/// Reads the trace context. `None` if `traceparent` is absent or malformed, because W3C Trace Context requires a
/// receiver to ignore it then. A malformed `tracestate` alone is dropped.
fn trace(parent: Option<&RawValue>, state: Option<&RawValue>) -> Option<TraceContext> {
    let text = |raw: &RawValue| serde_json::from_str::<String>(raw.get()).ok();
    TraceContext::read(&text(parent?)?, state.and_then(text).as_deref())
}

/// Returns serde's message, cut and escaped, because it may quote whole values of the client's message.
fn excerpt(error: &serde_json::Error) -> String {
    escaped_excerpt(&error.to_string())
}
