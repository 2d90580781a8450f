//! Model of the rules by which our HTTP listener answers a request. The model is a second implementation, simple and
//! slow. The only code that it shares with the listener is the parser of version requirements.
//!
//! [`Classified::of`] finds the rule that decides about a request, and [`check`] compares the response with what this
//! rule allows.

pub(crate) mod arguments;
pub(crate) mod check;
pub(crate) mod headers;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use super::{
    exchange::{
        Exchange, META_CAPABILITIES, META_CLIENT, META_LOG_LEVEL, META_REQUIRES, META_VERSION, MODERN,
    },
    servers::MAX_BODY,
};
use crate::{json_tree::Json, ours::Requirement};

/// Deepest nesting of objects and arrays.
const MAX_DEPTH: usize = 64;
/// Longest JSON-RPC id, in bytes of its JSON text, with the quotes of a string.
const MAX_ID: usize = 512;
/// Protocol revisions that the header may name.
const VERSIONS: [&str; 5] = ["2024-11-05", NOT_OFFERED, "2025-06-18", "2025-11-25", MODERN];
/// The revision that requires batches, which the header may name, but `_meta` may not.
const NOT_OFFERED: &str = "2025-03-26";
/// The byte order mark in UTF-8.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The rule that decides how a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// The server has nothing at this path.
    UnknownPath,
    /// The method is not POST.
    NotPost,
    /// A `Content-Type` is not `application/json` in UTF-8.
    ContentType,
    /// The body is larger than [`MAX_BODY`].
    TooLarge,
    /// The body is not JSON.
    NotJson,
    /// The body has more than [`MAX_DEPTH`] levels.
    TooDeep,
    /// The body is not a JSON-RPC message: it is not an object, or a member occurs twice, is missing or has a wrong
    /// type.
    Envelope,
    /// `id` is invalid.
    Id,
    /// `params` is not an object.
    Params,
    /// The message is a notification.
    Notification,
    /// The message is a response.
    Response,
    /// `params` of a call is missing, has no `name`, or has a member twice.
    CallParams,
    /// The arguments of a call are not an object.
    Arguments,
    /// `_meta` is invalid, or a request other than a call has `_meta` or `cursor` twice.
    Meta,
    /// `requestState` or `inputResponses` of a call is invalid, or is in a call whose `_meta` names no revision.
    InputResponses,
    /// `cursor` of a list request is not a string.
    Cursor,
    /// One of the headers `MCP-Protocol-Version`, `Mcp-Method` and `Mcp-Name` occurs twice.
    DuplicateHeader,
    /// A header contradicts the body, or is missing although the request's revision requires it.
    HeaderMismatch,
    /// The header `MCP-Protocol-Version` names 2026-07-28 or a later revision, and `_meta` names none.
    ModernHeaderOnly,
    /// The header `MCP-Protocol-Version` names an unsupported revision.
    UnknownHeaderVersion,
    /// `_meta` has no client capabilities, which 2026-07-28 requires.
    MissingCapabilities,
    /// `_meta` names an unsupported protocol revision.
    UnsupportedVersion,
    /// The request is a `tools/call` that none of the rules above refuses. Our pipeline answers the call.
    Call,
    /// The request is a `tools/list` that none of the rules above refuses. Our listener answers it.
    List,
    /// The request has another method, and none of the rules above refuses it. Our listener passes it to rmcp.
    Request,
}

impl Rule {
    /// Returns the HTTP status and the JSON-RPC code of a refusal by this rule; `None` if the rule accepts a message,
    /// or refuses a request by its HTTP status alone.
    pub(crate) fn refusal(self) -> Option<(u16, i64)> {
        Some(match self {
            Rule::ContentType => (415, -32600),
            Rule::TooLarge => (413, -32600),
            Rule::NotJson => (400, -32700),
            Rule::TooDeep | Rule::Envelope | Rule::Id | Rule::UnknownHeaderVersion => (400, -32600),
            Rule::Params
            | Rule::CallParams
            | Rule::Arguments
            | Rule::Meta
            | Rule::InputResponses
            | Rule::Cursor
            | Rule::ModernHeaderOnly
            | Rule::MissingCapabilities => (400, -32602),
            Rule::DuplicateHeader | Rule::HeaderMismatch => (400, -32020),
            Rule::UnsupportedVersion => (400, -32022),
            Rule::UnknownPath
            | Rule::NotPost
            | Rule::Notification
            | Rule::Response
            | Rule::Call
            | Rule::List
            | Rule::Request => {
                return None;
            }
        })
    }

    /// Returns `true` if a refusal by this rule has an audit record, and therefore a correlation id. `is_call` is
    /// `true` for a `tools/call`. A record names the tool, so only calls with readable `params` have one.
    pub(crate) fn is_recorded(self, is_call: bool) -> bool {
        let is_recorded_for_calls = matches!(
            self,
            Rule::Arguments
                | Rule::Meta
                | Rule::InputResponses
                | Rule::DuplicateHeader
                | Rule::HeaderMismatch
                | Rule::ModernHeaderOnly
                | Rule::UnknownHeaderVersion
                | Rule::MissingCapabilities
                | Rule::UnsupportedVersion
        );
        is_recorded_for_calls && is_call
    }
}

/// A request, and the rule that decides about it.
#[derive(Debug)]
pub(crate) struct Classified {
    pub(crate) rule: Rule,
    /// The body; `None` if it is not JSON.
    pub(crate) json: Option<Json>,
    /// The request is a `tools/call` with an id.
    pub(crate) is_call: bool,
}

impl Classified {
    /// Classifies a request.
    pub(crate) fn of(exchange: &Exchange) -> Self {
        let body = exchange.body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&exchange.body);
        let json = Json::parse_grammar(body);
        let is_call = json.as_ref().is_some_and(|json| {
            json.has("id") && json.member("method").and_then(Json::text) == Some("tools/call")
        });
        Classified { rule: classify(exchange, json.as_ref()), json, is_call }
    }

    fn params(&self) -> Option<&Json> {
        self.json.as_ref()?.member("params")
    }

    /// Returns the tool that a call names.
    pub(crate) fn tool(&self) -> Option<&str> {
        self.params()?.member("name")?.text()
    }

    /// Returns `_meta`.
    pub(crate) fn meta(&self) -> Option<&Json> {
        self.params()?.member("_meta")
    }

    /// Returns the arguments of a call.
    pub(crate) fn arguments(&self) -> Option<&Json> {
        self.params()?.member("arguments")
    }

    /// Returns `requestState` of a call, unless it is `null`.
    pub(crate) fn state(&self) -> Option<&Json> {
        self.params().and_then(|params| present(params, "requestState"))
    }

    /// Returns `true` for a request with a cursor.
    pub(crate) fn has_cursor(&self) -> bool {
        self.params().is_some_and(|params| present(params, "cursor").is_some())
    }

    /// Returns the capabilities in `_meta`.
    pub(crate) fn capabilities(&self) -> Option<&Json> {
        present(self.meta()?, META_CAPABILITIES)
    }

    /// Returns the protocol revision in `_meta`.
    pub(crate) fn version(&self) -> Option<&str> {
        present(self.meta()?, META_VERSION)?.text()
    }

    /// Returns `true` if `holds` is true for any value in the body.
    pub(crate) fn any(&self, holds: fn(&Json) -> bool) -> bool {
        self.json.as_ref().is_some_and(|json| any_value(json, holds))
    }
}

/// Returns `true` for a protocol revision that the header may name.
pub(crate) fn is_supported(version: &str) -> bool {
    VERSIONS.contains(&version)
}

/// Returns `true` for a protocol revision that `_meta` may name.
pub(crate) fn is_offered(version: &str) -> bool {
    is_supported(version) && version != NOT_OFFERED
}

/// Returns `true` if `holds` is true for `json` or a value in it.
pub(crate) fn any_value(json: &Json, holds: fn(&Json) -> bool) -> bool {
    holds(json)
        || match json {
            Json::List(items) => items.iter().any(|item| any_value(item, holds)),
            Json::Object(members) => members.iter().any(|(_, value)| any_value(value, holds)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::LoneSurrogate => false,
        }
}

/// Returns the value of a member, unless it is `null`.
fn present<'j>(json: &'j Json, name: &str) -> Option<&'j Json> {
    json.member(name).filter(|value| **value != Json::Null)
}

/// Returns `true` for an object with a duplicate member.
pub(crate) fn has_duplicate_member(json: &Json) -> bool {
    let Json::Object(members) = json else { return false };
    let mut each = members.iter().enumerate();
    each.any(|(at, (name, _))| members[..at].iter().any(|(given, _)| given == name))
}

/// Returns `true` for an object that has one of the members `names` twice, or a member name with a lone surrogate. The
/// parser of the model stores each name with a lone surrogate as U+FFFD.
fn has_ambiguous_member(json: &Json, names: &[&str]) -> bool {
    let Json::Object(members) = json else { return false };
    names.iter().any(|name| members.iter().filter(|(given, _)| given == name).count() > 1)
        || members.iter().any(|(given, _)| given == "\u{fffd}")
}

fn is_object(json: &Json) -> bool {
    matches!(json, Json::Object(_))
}

fn is_id(json: &Json) -> bool {
    match json {
        // Two bytes for the quotes. The generator writes long ids without escapes.
        Json::Text(text) => text.len() + 2 <= MAX_ID,
        Json::Number(number) => number.len() <= MAX_ID && !number.contains(['.', 'e', 'E']),
        _ => false,
    }
}

/// Returns `true` for an integer of more than 64 bits.
pub(crate) fn is_beyond_64_bits(json: &Json) -> bool {
    matches!(json, Json::Number(number) if !number.contains(['.', 'e', 'E']) && number.parse::<i64>().is_err())
}

/// Returns `true` for the media type of JSON with parameters that don't name another encoding than UTF-8.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase().replace('"', ""));
    parts.next().as_deref() == Some("application/json")
        && parts.all(|part| match part.strip_prefix("charset=") {
            Some(charset) => ["utf-8", "utf8", "us-ascii"].contains(&charset.trim()),
            None => true,
        })
}

fn classify(exchange: &Exchange, json: Option<&Json>) -> Rule {
    if !matches!(exchange.path.split('?').next(), Some("/mcp" | "/mcp/")) {
        return Rule::UnknownPath;
    }
    if exchange.method != "POST" {
        return Rule::NotPost;
    }
    let content_types = header_values(exchange, "content-type");
    if content_types.is_empty() || !content_types.iter().all(|value| is_json(value)) {
        return Rule::ContentType;
    }
    if exchange.body.len() > MAX_BODY {
        return Rule::TooLarge;
    }
    match json {
        None => Rule::NotJson,
        Some(json) if json.depth() > MAX_DEPTH => Rule::TooDeep,
        Some(json) => classify_message(exchange, json),
    }
}

fn classify_message(exchange: &Exchange, json: &Json) -> Rule {
    let is_text = |name: &str| present(json, name).is_none_or(|value| value.text().is_some());
    let known = ["jsonrpc", "id", "method", "params", "result", "error"];
    if !is_object(json) || has_ambiguous_member(json, &known) || !is_text("method") {
        return Rule::Envelope;
    }
    let id = json.member("id");
    if id.is_some_and(|id| !is_id(id)) {
        return Rule::Id;
    }
    let is_version_2 = json.member("jsonrpc").and_then(Json::text) == Some("2.0");
    let Some(method) = json.member("method").and_then(Json::text) else {
        let is_response = present(json, "result").or(present(json, "error")).is_some();
        return if is_response && is_version_2 { Rule::Response } else { Rule::Envelope };
    };
    let params = present(json, "params");
    // A message with a method and without an id is a notification, which is never answered.
    if id.is_some() && !is_version_2 {
        return Rule::Envelope;
    }
    if id.is_some() && params.is_some_and(|params| !is_object(params)) {
        return Rule::Params;
    }
    match (id, method) {
        (None, _) => match header_values(exchange, "MCP-Protocol-Version")[..] {
            [] => Rule::Notification,
            [version] if is_supported(version) => Rule::Notification,
            [_] => Rule::UnknownHeaderVersion,
            _ => Rule::DuplicateHeader,
        },
        (Some(_), "tools/call") => classify_call(exchange, params),
        (Some(_), method) => classify_request(exchange, method, params),
    }
}

/// Classifies a request other than `tools/call`.
fn classify_request(exchange: &Exchange, method: &str, params: Option<&Json>) -> Rule {
    if let Some(params) = params {
        if has_ambiguous_member(params, &["cursor", "_meta"]) {
            return Rule::Meta;
        }
        let is_cursor = |value: &Json| matches!(value, Json::Text(_));
        if method.ends_with("/list") && present(params, "cursor").is_some_and(|cursor| !is_cursor(cursor)) {
            return Rule::Cursor;
        }
        let meta = present(params, "_meta");
        // Only `tools/call` can require a version of a tool.
        if !is_valid_meta(meta) || meta.is_some_and(|meta| meta.has(META_REQUIRES)) {
            return Rule::Meta;
        }
    }
    match ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"]
        .iter()
        .any(|name| header_values(exchange, name).len() > 1)
    {
        true => Rule::DuplicateHeader,
        false if method == "tools/list" => {
            classify_list(exchange, params.and_then(|params| present(params, "_meta")))
        }
        false => Rule::Request,
    }
}

/// Classifies a `tools/list` request in which each header occurs at most once.
fn classify_list(exchange: &Exchange, meta: Option<&Json>) -> Rule {
    let header = |name: &str| header_values(exchange, name).first().copied();
    let header_version = header("MCP-Protocol-Version");
    let meta_version = meta.and_then(|meta| meta.member(META_VERSION)).and_then(Json::text);
    // Revisions are dates, so their order as text is their order in time.
    let is_modern = header_version.is_some_and(|version| version >= MODERN);
    let capabilities = meta.and_then(|meta| present(meta, META_CAPABILITIES));
    match meta_version {
        None if header_version.is_some_and(|version| !is_supported(version)) => Rule::UnknownHeaderVersion,
        _ if is_modern && header("Mcp-Method") != Some("tools/list") => Rule::HeaderMismatch,
        None if is_modern => Rule::ModernHeaderOnly,
        None => Rule::List,
        Some(_) if header_version != meta_version => Rule::HeaderMismatch,
        Some(version) if !is_offered(version) => Rule::UnsupportedVersion,
        Some(version) if version >= MODERN && capabilities.is_none() => Rule::MissingCapabilities,
        Some(_) => Rule::List,
    }
}

/// Returns `true` if `_meta` is valid or missing.
fn is_valid_meta(meta: Option<&Json>) -> bool {
    const KNOWN: [&str; 8] = [
        "progressToken",
        META_VERSION,
        META_CAPABILITIES,
        META_CLIENT,
        META_REQUIRES,
        META_LOG_LEVEL,
        "traceparent",
        "tracestate",
    ];
    let Some(meta) = meta else { return true };
    let requires = meta.member(META_REQUIRES);
    is_object(meta)
        && !has_ambiguous_member(meta, &KNOWN)
        && requires.is_none_or(|value| value.text().is_some_and(|text| Requirement::parse(text).is_ok()))
        && present(meta, META_VERSION).is_none_or(|version| version.text().is_some())
        && present(meta, "progressToken").is_none_or(is_id)
        && present(meta, META_LOG_LEVEL).is_none_or(is_level)
}

/// Returns `true` for a log level of the protocol (RFC 5424 §6.2.1).
pub(crate) fn is_level(level: &Json) -> bool {
    let levels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
    level.text().is_some_and(|level| levels.contains(&level))
}

fn classify_call(exchange: &Exchange, params: Option<&Json>) -> Rule {
    let Some(params) = params else { return Rule::CallParams };
    let known = ["name", "arguments", "_meta", "inputResponses", "requestState"];
    let Some(name) = params.member("name").and_then(Json::text) else { return Rule::CallParams };
    if has_ambiguous_member(params, &known) {
        return Rule::CallParams;
    }
    let meta = present(params, "_meta");
    if !is_valid_meta(meta) {
        return Rule::Meta;
    }
    let version = meta.and_then(|meta| meta.member(META_VERSION)).and_then(Json::text);
    let (state, responses) = (present(params, "requestState"), present(params, "inputResponses"));
    // A call without a revision in `_meta` is of 2025-11-25 or earlier, which has neither `requestState` nor
    // `inputResponses`.
    if state.is_some_and(|state| state.text().is_none())
        || responses.is_some_and(|responses| !is_object(responses))
        || (version.is_none() && state.or(responses).is_some())
    {
        return Rule::InputResponses;
    }
    if present(params, "arguments").is_some_and(|arguments| !is_object(arguments)) {
        return Rule::Arguments;
    }
    match version {
        None => classify_legacy_call(exchange),
        Some(version) => {
            let capabilities = meta.and_then(|meta| meta.member(META_CAPABILITIES));
            classify_modern_call(exchange, version, capabilities.is_some_and(is_object), name)
        }
    }
}

/// Classifies a call of 2025-11-25 or earlier by the headers. Its `_meta` names no revision.
fn classify_legacy_call(exchange: &Exchange) -> Rule {
    match header_values(exchange, "MCP-Protocol-Version")[..] {
        [] => Rule::Call,
        [version] if version >= MODERN => Rule::ModernHeaderOnly,
        [version] if VERSIONS.contains(&version) => Rule::Call,
        [_] => Rule::UnknownHeaderVersion,
        _ => Rule::DuplicateHeader,
    }
}

/// Classifies a call by the headers. Its `_meta` names the revision `version`. `name` is the tool.
fn classify_modern_call(exchange: &Exchange, version: &str, has_capabilities: bool, name: &str) -> Rule {
    let check_header = |name: &str, expected: &str| match header_values(exchange, name)[..] {
        [value] if value == expected => None,
        [_] | [] => Some(Rule::HeaderMismatch),
        _ => Some(Rule::DuplicateHeader),
    };
    let check_name = |expected: &str| match header_values(exchange, "Mcp-Name")[..] {
        [value] => match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
            Some(encoded) if BASE64.decode(encoded).is_ok_and(|bytes| bytes == expected.as_bytes()) => None,
            None if value == expected => None,
            _ => Some(Rule::HeaderMismatch),
        },
        [] => Some(Rule::HeaderMismatch),
        _ => Some(Rule::DuplicateHeader),
    };
    check_header("MCP-Protocol-Version", version)
        .or_else(|| check_header("Mcp-Method", "tools/call"))
        .or_else(|| check_name(name))
        .or((!is_offered(version)).then_some(Rule::UnsupportedVersion))
        .or((!has_capabilities).then_some(Rule::MissingCapabilities))
        .unwrap_or(Rule::Call)
}

/// Returns all values of a header.
fn header_values<'e>(exchange: &'e Exchange, name: &str) -> Vec<&'e str> {
    let values = exchange.headers.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
    values.map(|(_, value)| value.trim_matches([' ', '\t'])).collect()
}
