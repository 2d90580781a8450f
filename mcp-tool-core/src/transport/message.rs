//! A JSON-RPC message as it came: enough of it read to know where it goes, the rest as its own text.

use std::{borrow::Cow, collections::BTreeMap};

use mcp_tool_contract::{
    json::META_REQUIRES,
    read::{scan, violation::shown},
};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{
    fault::{ProtocolError, code},
    id::Id,
    quick,
    ways::{self, Way},
};
use crate::{
    ask::Presented,
    call::{report::LogLevel, trace::TraceContext},
    pipeline::versions::Requirement,
};

/// Nesting of objects and arrays in one message.
const MAX_NESTING: usize = scan::MAX_NESTING as usize;
/// Bytes of what the client sent back, and of what it says that it can do.
pub(super) const MAX_PART: usize = 64 << 10;
/// Answers that come with one call, which asks no more than half as many questions.
const MAX_ANSWERS: usize = 64;

/// Keys of `_meta`.
pub(super) mod keys {
    pub(in crate::transport) const PROGRESS_TOKEN: &str = "progressToken";
    pub(in crate::transport) const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
    pub(in crate::transport) const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
    pub(in crate::transport) const CLIENT: &str = "io.modelcontextprotocol/clientInfo";
    pub(in crate::transport) const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
    pub(in crate::transport) const TRACE_PARENT: &str = "traceparent";
    pub(in crate::transport) const TRACE_STATE: &str = "tracestate";
}
/// The first revision whose requests carry `_meta`, which is mirrored in headers.
pub(crate) const MODERN: &str = "2026-07-28";

/// What came, by where it goes.
#[derive(Debug)]
pub enum Incoming<'m> {
    /// `tools/call`: ours.
    Call(Call<'m>),
    /// Any other request.
    Request {
        /// The id.
        id: Id,
        /// The method.
        method: Cow<'m, str>,
        /// `_meta`.
        meta: Meta<'m>,
        /// Where a list goes on.
        cursor: Option<Cow<'m, str>>,
    },
    /// `notifications/cancelled`: ours if the request is.
    Cancelled {
        /// The id of the cancelled request.
        request: Option<Id>,
    },
    /// Any other notification.
    Notification,
    /// The answer to a request of the server's.
    Response,
}

/// A `tools/call` request, its arguments unread.
#[derive(Debug)]
pub struct Call<'m> {
    /// The id.
    pub id: Id,
    /// The tool.
    pub name: Cow<'m, str>,
    /// The text of an object.
    pub arguments: &'m str,
    /// `_meta`.
    pub meta: Meta<'m>,
    /// What an earlier call asked for, and its client sent back.
    pub(crate) presented: Option<Box<Presented>>,
    /// Why it can't be asked for as it came, so that it is recorded all the same.
    pub fault: Option<Box<ProtocolError>>,
}

/// What a request says of itself in `_meta`.
#[derive(Debug, Default)]
pub struct Meta<'m> {
    pub(crate) protocol_version: Option<Cow<'m, str>>,
    pub(crate) has_capabilities: bool,
    /// What the client says that it can do, as JSON text.
    pub(crate) capabilities: Option<&'m str>,
    /// What the client calls itself, as it came: a label, and no proof.
    pub client: Option<&'m str>,
    /// The JSON text of a string or an integer.
    pub(crate) progress_token: Option<&'m str>,
    /// The version that a call may be.
    pub(crate) requires: Option<Requirement>,
    /// The least grave messages that the client wants to hear of this request.
    pub(crate) level: Option<LogLevel>,
    /// Where it stands in a distributed trace.
    pub(crate) trace: Option<TraceContext>,
}

/// The revision of the protocol that a request is served by: with `initialize`, or with `_meta` on each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// 2025-11-25 and before.
    Legacy,
    /// 2026-07-28 and after.
    Modern,
}

impl Meta<'_> {
    /// A request that names its version is modern.
    pub fn era(&self) -> Era {
        if self.protocol_version.is_some() { Era::Modern } else { Era::Legacy }
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'m>(#[serde(borrow)] Cow<'m, str>);

/// A member that is there, `null` included.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct Envelope<'m> {
    #[serde(borrow, default)]
    jsonrpc: Option<Text<'m>>,
    #[serde(borrow, default, deserialize_with = "there")]
    id: Option<&'m RawValue>,
    #[serde(borrow, default)]
    method: Option<Text<'m>>,
    #[serde(borrow, default, deserialize_with = "there")]
    params: Option<&'m RawValue>,
    #[serde(default)]
    result: Option<IgnoredAny>,
    #[serde(default)]
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct CallParams<'m> {
    #[serde(borrow)]
    name: Text<'m>,
    #[serde(borrow, default)]
    arguments: Option<&'m RawValue>,
    #[serde(borrow, default, rename = "_meta")]
    meta: Option<&'m RawValue>,
    #[serde(borrow, default, rename = "inputResponses")]
    input_responses: Option<&'m RawValue>,
    #[serde(borrow, default, rename = "requestState")]
    request_state: Option<&'m RawValue>,
}

#[derive(Deserialize)]
struct AnyParams<'m> {
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
    #[serde(borrow, default, rename = "dev.mcp-tool/requires", deserialize_with = "there")]
    requires: Option<&'m RawValue>,
    #[serde(borrow, default, rename = "io.modelcontextprotocol/logLevel")]
    level: Option<&'m RawValue>,
    #[serde(borrow, default)]
    traceparent: Option<&'m RawValue>,
    #[serde(borrow, default)]
    tracestate: Option<&'m RawValue>,
}

/// Reads a message far enough to know where it goes.
pub fn parse(bytes: &[u8]) -> Result<Incoming<'_>, ProtocolError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| ProtocolError::new(code::PARSE, format!("the message isn't UTF-8: {error}")))?;
    if !ways::is_barred()
        && let Some(call) = quick::call(text)
    {
        ways::note(Way::Hot);
        return Ok(Incoming::Call(call));
    }
    let message = careful(text)?;
    if let Incoming::Call(_) = message {
        ways::note(Way::Careful);
    }
    Ok(message)
}

/// Reads whatever may come, and says what is wrong with it.
pub(super) fn careful(text: &str) -> Result<Incoming<'_>, ProtocolError> {
    if nests_deeper(text.as_bytes(), MAX_NESTING) {
        return Err(ProtocolError::new(
            code::INVALID_REQUEST,
            format!("the message nests deeper than {MAX_NESTING}"),
        ));
    }
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| {
        ProtocolError::new(code::PARSE, format!("the message isn't JSON: {}", said(&error)))
    })?;
    let envelope: Envelope<'_> = match raw.get().as_bytes().first() {
        Some(b'{') => serde_json::from_str(raw.get()).map_err(|error| {
            ProtocolError::new(code::INVALID_REQUEST, format!("not a JSON-RPC message: {}", said(&error)))
        })?,
        Some(b'[') => {
            let message = "batches aren't part of the protocol: send one message at a time";
            return Err(ProtocolError::new(code::INVALID_REQUEST, message));
        }
        _ => return Err(ProtocolError::new(code::INVALID_REQUEST, "a JSON-RPC message is an object")),
    };
    open(envelope)
}

fn open(envelope: Envelope<'_>) -> Result<Incoming<'_>, ProtocolError> {
    let invalid = |message: &str| ProtocolError::new(code::INVALID_REQUEST, message);
    let id = match envelope.id {
        None => None,
        Some(raw) => match Id::new(raw.get()) {
            Some(id) => Some(id),
            None => return Err(invalid("`id` is a string of 512 bytes at most, or an integer of 64 bits")),
        },
    };
    let about = |fault: ProtocolError| match &id {
        Some(id) => fault.to(id),
        None => fault,
    };
    if envelope.jsonrpc.as_ref().is_none_or(|version| version.0 != "2.0") {
        return Err(about(invalid("`jsonrpc` must be \"2.0\"")));
    }
    let Some(Text(method)) = envelope.method else {
        return match (envelope.result, envelope.error) {
            (None, None) => Err(about(invalid("`method` is missing"))),
            _ => Ok(Incoming::Response),
        };
    };
    if envelope.params.is_some_and(|params| !params.get().starts_with('{')) {
        return Err(about(ProtocolError::new(code::INVALID_PARAMS, "`params` must be an object")));
    }
    match id {
        None => notification(method, envelope.params),
        Some(id) if method == "tools/call" => match call(id.clone(), envelope.params) {
            Ok(call) => Ok(Incoming::Call(call)),
            Err(fault) => Err(fault.to(&id)),
        },
        Some(id) => match any_meta(&method, envelope.params) {
            Ok((meta, cursor)) => Ok(Incoming::Request { id, method, meta, cursor }),
            Err(fault) => Err(fault.to(&id)),
        },
    }
}

fn notification<'m>(
    method: Cow<'m, str>,
    params: Option<&'m RawValue>,
) -> Result<Incoming<'m>, ProtocolError> {
    #[derive(Deserialize)]
    struct CancelledParams<'m> {
        #[serde(borrow, rename = "requestId")]
        request: &'m RawValue,
    }
    if method != "notifications/cancelled" {
        return Ok(Incoming::Notification);
    }
    // A malformed cancellation is ignored (2026-07-28, cancellation §error handling).
    let request = params
        .and_then(|params| serde_json::from_str::<CancelledParams<'_>>(params.get()).ok())
        .and_then(|params| Id::new(params.request.get()));
    Ok(Incoming::Cancelled { request })
}

fn call(id: Id, params: Option<&RawValue>) -> Result<Call<'_>, ProtocolError> {
    let invalid = |message: String| ProtocolError::new(code::INVALID_PARAMS, message);
    let params = params.ok_or_else(|| invalid("`params` is missing".into()))?;
    let params: CallParams<'_> = serde_json::from_str(params.get())
        .map_err(|error| invalid(format!("not the parameters of tools/call: {}", said(&error))))?;
    let arguments = params.arguments.map_or("{}", RawValue::get);
    let presented = presented(&params);
    let (meta, fault) = match meta(params.meta) {
        Ok(meta) if let Err(fault) = &presented => (meta, Some(Box::new(fault.clone()))),
        Ok(meta) if presented.as_ref().is_ok_and(Option::is_some) && meta.era() == Era::Legacy => {
            let message = "`requestState` and `inputResponses` are of 2026-07-28, and this call is of an older revision";
            (meta, Some(Box::new(invalid(message.into()))))
        }
        Ok(meta) if !arguments.starts_with('{') => {
            (meta, Some(Box::new(invalid("`arguments` must be an object".into()))))
        }
        Ok(meta) => (meta, None),
        Err(fault) => (Meta::default(), Some(Box::new(fault))),
    };
    let presented = presented.unwrap_or_default();
    Ok(Call { id, name: params.name.0, arguments, meta, presented, fault })
}

/// What a client sends back of an earlier result that asked for it.
fn presented(params: &CallParams<'_>) -> Result<Option<Box<Presented>>, ProtocolError> {
    let CallParams { input_responses, request_state, .. } = params;
    if input_responses.is_none() && request_state.is_none() {
        return Ok(None);
    }
    let invalid = |message: &str| ProtocolError::new(code::INVALID_PARAMS, message);
    // What a call keeps while it runs, and no more than questions of one call could be answered by.
    for (name, raw) in [("requestState", request_state), ("inputResponses", input_responses)] {
        bounded(name, raw.map_or("", RawValue::get))?;
    }
    let state = request_state.map(|raw| serde_json::from_str::<String>(raw.get())).transpose();
    let responses = input_responses.map(|raw| serde_json::from_str(raw.get())).transpose();
    let responses: BTreeMap<String, Box<RawValue>> =
        responses.map_err(|_| invalid("`inputResponses` must be an object"))?.unwrap_or_default();
    if responses.len() > MAX_ANSWERS {
        let message =
            format!("`inputResponses` has {} members, and {MAX_ANSWERS} are allowed", responses.len());
        return Err(invalid(&message));
    }
    let state = state.map_err(|_| invalid("`requestState` must be a string"))?;
    Ok(Some(Box::new(Presented { state, responses })))
}

/// Holds what is read of a request's parameters, besides the arguments, to its bytes.
fn bounded(name: &str, json: &str) -> Result<(), ProtocolError> {
    if json.len() <= MAX_PART {
        return Ok(());
    }
    let message = format!("`{name}` has {} bytes, and {MAX_PART} are allowed", json.len());
    Err(ProtocolError::new(code::INVALID_PARAMS, message))
}

/// What any request says of itself, and where a list goes on.
fn any_meta<'m>(
    method: &str,
    params: Option<&'m RawValue>,
) -> Result<(Meta<'m>, Option<Cow<'m, str>>), ProtocolError> {
    let Some(params) = params else { return Ok((Meta::default(), None)) };
    let params: AnyParams<'_> = serde_json::from_str(params.get()).map_err(|error| {
        ProtocolError::new(code::INVALID_PARAMS, format!("`_meta` can't be read: {}", said(&error)))
    })?;
    let cursor = match params.cursor {
        Some(cursor) if method.ends_with("/list") => match serde_json::from_str::<Text<'_>>(cursor.get()) {
            Ok(Text(cursor)) => Some(cursor),
            // rmcp takes it for none.
            Err(_) => return Err(ProtocolError::new(code::INVALID_PARAMS, "`cursor` must be a string")),
        },
        _ => None,
    };
    let meta = meta(params.meta)?;
    if meta.requires.is_some() {
        let message = format!("`{META_REQUIRES}` asks for a version of a tool: it belongs to tools/call");
        return Err(ProtocolError::new(code::INVALID_PARAMS, message));
    }
    Ok((meta, cursor))
}

fn meta(raw: Option<&RawValue>) -> Result<Meta<'_>, ProtocolError> {
    let invalid = |message: String| ProtocolError::new(code::INVALID_PARAMS, message);
    let members: MetaMembers<'_> = match raw {
        None => MetaMembers::default(),
        // serde takes an array for a struct's members in order.
        Some(raw) if !raw.get().starts_with('{') => return Err(invalid("`_meta` must be an object".into())),
        Some(raw) => serde_json::from_str(raw.get())
            .map_err(|error| invalid(format!("`_meta` can't be read: {}", said(&error))))?,
    };
    let requires = match members.requires {
        None => None,
        Some(raw) => {
            let text = serde_json::from_str::<Text<'_>>(raw.get()).map(|Text(text)| text.into_owned());
            let requirement =
                text.map_err(|_| "it must be a string".to_owned()).and_then(|text| Requirement::parse(&text));
            Some(requirement.map_err(|reason| invalid(format!("`{META_REQUIRES}`: {reason}")))?)
        }
    };
    let protocol_version = match members.protocol_version {
        None => None,
        Some(raw) => match serde_json::from_str::<Text<'_>>(raw.get()) {
            Ok(Text(version)) => Some(version),
            Err(_) => {
                return Err(invalid("`io.modelcontextprotocol/protocolVersion` must be a string".into()));
            }
        },
    };
    let level = match members.level.map(|raw| serde_json::from_str::<Text<'_>>(raw.get())) {
        None => None,
        Some(name) => match name.ok().and_then(|Text(name)| LogLevel::of_name(&name)) {
            Some(level) => Some(level),
            None => return Err(invalid(format!("`{}` is no level of RFC 5424", keys::LOG_LEVEL))),
        },
    };
    let progress_token = match members.progress_token.map(RawValue::get) {
        Some(raw) if Id::new(raw).is_none() => {
            return Err(invalid("`progressToken` is a string or an integer".into()));
        }
        token => token,
    };
    bounded(keys::CAPABILITIES, members.capabilities.map_or("", RawValue::get))?;
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

/// A trace that isn't one is passed over: it is no part of what is asked.
fn trace(parent: Option<&RawValue>, state: Option<&RawValue>) -> Option<TraceContext> {
    let text = |raw: &RawValue| serde_json::from_str::<String>(raw.get()).ok();
    TraceContext::read(&text(parent?)?, state.and_then(text).as_deref())
}

/// The whole message as rmcp takes it.
pub(crate) fn of_the_protocol(bytes: &[u8]) -> Result<ClientJsonRpcMessage, ProtocolError> {
    serde_json::from_slice(bytes).map_err(|error| {
        ProtocolError::new(code::INVALID_REQUEST, format!("not a message of the protocol: {}", said(&error)))
    })
}

/// Bytes of a request whose parameters are kept as long as the session or the stream that it opens.
const MAX_KEPT: usize = 16 << 10;

/// Bounds what rmcp keeps of a request: read, it takes a multiple of its length.
pub(crate) fn check_kept(method: &str, bytes: &[u8]) -> Result<(), ProtocolError> {
    if !["initialize", "subscriptions/listen"].contains(&method) || bytes.len() <= MAX_KEPT {
        return Ok(());
    }
    let message = format!(
        "a message of `{method}` has {} bytes, and {MAX_KEPT} are allowed: leave out what isn't needed",
        bytes.len()
    );
    Err(ProtocolError::new(code::INVALID_PARAMS, message))
}

/// Which request a message of rmcp's answers.
pub(crate) fn answered(message: &ServerJsonRpcMessage) -> Option<Id> {
    let id = match message {
        ServerJsonRpcMessage::Response(response) => Some(&response.id),
        ServerJsonRpcMessage::Error(error) => error.id.as_ref(),
        ServerJsonRpcMessage::Request(_) | ServerJsonRpcMessage::Notification(_) => None,
    };
    Id::new(&serde_json::to_string(id?).ok()?)
}

/// What serde says of a text, and no more than a part of it: some of its messages hold whole values.
fn said(error: &serde_json::Error) -> String {
    shown(&error.to_string())
}

/// Whether objects and arrays nest deeper than `most`, without recursion and without reading the values.
fn nests_deeper(bytes: &[u8], most: usize) -> bool {
    let opening = bytes.iter().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if opening <= most {
        return false;
    }
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for byte in bytes {
        match (quoted, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => quoted = !quoted,
            (true, _) => {}
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            (false, _) => {}
        }
        if depth > most {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (i32, Option<Id>) {
        match parse(text.as_bytes()) {
            Err(fault) => (fault.code, fault.id),
            Ok(Incoming::Call(Call { id, fault: Some(fault), .. })) => (fault.code, Some(id)),
            Ok(message) => panic!("{text} was taken: {message:?}"),
        }
    }

    #[test]
    fn a_call_keeps_the_text_of_its_arguments() {
        let text = r#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"x","arguments":{ "n":1.0 }}}"#;
        match parse(text.as_bytes()) {
            Ok(Incoming::Call(call)) => {
                assert_eq!(
                    (call.id.to_string().as_str(), &*call.name, call.arguments),
                    ("\"a\"", "x", "{ \"n\":1.0 }")
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_no_message_is_told_apart() {
        let call =
            |params: &str| format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{params}}}"#);
        let seven = Some(Id::Integer(7));
        assert_eq!(fault("{"), (code::PARSE, None));
        assert_eq!(fault("[]"), (code::INVALID_REQUEST, None));
        assert_eq!(fault("7"), (code::INVALID_REQUEST, None));
        assert_eq!(fault(r#"{"jsonrpc":"1.0","id":7,"method":"x"}"#), (code::INVALID_REQUEST, seven.clone()));
        assert_eq!(fault(r#"{"jsonrpc":"2.0","id":7}"#), (code::INVALID_REQUEST, seven.clone()));
        assert_eq!(fault(r#"{"jsonrpc":"2.0","id":null,"method":"x"}"#), (code::INVALID_REQUEST, None));
        assert_eq!(fault(r#"{"jsonrpc":"2.0","id":1.5,"method":"x"}"#), (code::INVALID_REQUEST, None));
        assert_eq!(
            fault(r#"{"jsonrpc":"2.0","id":7,"method":"x","method":"y"}"#),
            (code::INVALID_REQUEST, None)
        );
        assert_eq!(fault(&call("[]")), (code::INVALID_PARAMS, seven.clone()));
        assert_eq!(fault(&call("{}")), (code::INVALID_PARAMS, seven.clone()));
        assert_eq!(fault(&call(r#"{"name":"x","arguments":[1]}"#)), (code::INVALID_PARAMS, seven.clone()));
        assert_eq!(fault(&call(r#"{"name":"x","requestState":"s"}"#)), (code::INVALID_PARAMS, seven.clone()));
        for requirement in ["\"newest\"", "1", "null", "\"sha256:12\""] {
            let meta = format!(r#"{{"name":"x","_meta":{{"dev.mcp-tool/requires":{requirement}}}}}"#);
            assert_eq!(fault(&call(&meta)), (code::INVALID_PARAMS, seven.clone()), "{requirement}");
        }
        assert_eq!(parse(b"\"\xff\"").err().map(|fault| fault.code), Some(code::PARSE));
    }

    #[test]
    fn nesting_is_bounded_before_anything_recurses() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(nests_deeper(deep(10_000).as_bytes(), MAX_NESTING));
        assert!(!nests_deeper(deep(MAX_NESTING).as_bytes(), MAX_NESTING));
        let quoted = format!("[\"{}\\\"{}\"]", "[".repeat(200), "{".repeat(200));
        assert!(!nests_deeper(quoted.as_bytes(), MAX_NESTING));
        let wide = format!("[{}]", vec!["[]"; 500].join(","));
        assert!(!nests_deeper(wide.as_bytes(), MAX_NESTING));
    }

    #[test]
    fn one_id_has_one_spelling() {
        assert_eq!(Id::new(r#""\u0061""#), Id::new(r#""a""#));
        assert_ne!(Id::new("1"), Id::new(r#""1""#));
        assert_eq!(Id::new(&format!("\"{}\"", "a".repeat(600))), None);
    }
}
