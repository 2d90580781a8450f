//! What becomes of a request, written from the rules a second time: plain, slow, and apart from what runs.
//!
//! It says how a request is answered up to a call's tool, not what the tool says.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use super::{
    exchange::{Exchange, META_CAPABILITIES, META_VERSION, MODERN},
    make::META_REQUIRES,
    servers::MAX_BODY,
};
use crate::{json_tree::Json, pipeline::versions::Requirement};

/// The most objects and arrays in one another.
const MAX_DEPTH: usize = 64;
/// The most bytes of an id.
const MAX_ID: usize = 512;
const VERSIONS: [&str; 5] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", MODERN];

/// What decides about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Rule {
    /// It asks for another path.
    Path,
    /// It is no POST.
    Method,
    /// Its body is no JSON by its own word.
    ContentType,
    /// Its body is too large.
    Size,
    /// Its body is no JSON.
    Json,
    /// It nests too deep.
    Depth,
    /// It is no object, or has a member twice, or one of them can't be what it is.
    Envelope,
    /// Its id can't be one.
    Id,
    /// `params` are no object.
    Params,
    /// It is a notification.
    Notification,
    /// It answers nobody.
    Response,
    /// A call's parameters aren't those of one.
    CallParams,
    /// A call's arguments are no object.
    Arguments,
    /// `_meta` can't be read.
    Meta,
    /// A call brings what can't be the answer to a question.
    Input,
    /// A cursor is no text.
    Cursor,
    /// A header stands twice.
    Twice,
    /// A header says another thing than the body.
    Mirror,
    /// A header names the newer revision, the body doesn't.
    Older,
    /// A header names a version that isn't served.
    UnknownVersion,
    /// `_meta` has no capabilities.
    Capabilities,
    /// `_meta` names a version that isn't served.
    Unsupported,
    /// It is a call, and the dispatcher's.
    Call,
    /// It is a list, and ours.
    List,
    /// It is another request, and rmcp's.
    Request,
}

impl Rule {
    /// Status and code of who breaks it.
    pub(super) fn answer(self) -> Option<(u16, i64)> {
        Some(match self {
            Rule::ContentType => (415, -32600),
            Rule::Size => (413, -32600),
            Rule::Json => (400, -32700),
            Rule::Depth | Rule::Envelope | Rule::Id | Rule::UnknownVersion => (400, -32600),
            Rule::Params
            | Rule::CallParams
            | Rule::Arguments
            | Rule::Meta
            | Rule::Input
            | Rule::Cursor
            | Rule::Older
            | Rule::Capabilities => (400, -32602),
            Rule::Twice | Rule::Mirror => (400, -32020),
            Rule::Unsupported => (400, -32022),
            Rule::Path
            | Rule::Method
            | Rule::Notification
            | Rule::Response
            | Rule::Call
            | Rule::List
            | Rule::Request => {
                return None;
            }
        })
    }

    /// Whether it is about a call that is recorded, and so has a correlation id.
    pub(super) fn is_recorded(self, is_call: bool) -> bool {
        let of_calls = matches!(
            self,
            Rule::Arguments
                | Rule::Meta
                | Rule::Input
                | Rule::Twice
                | Rule::Mirror
                | Rule::Older
                | Rule::UnknownVersion
                | Rule::Capabilities
                | Rule::Unsupported
        );
        of_calls && is_call
    }
}

/// What a request is.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) rule: Rule,
    pub(super) json: Option<Json>,
    /// Whether it is a `tools/call` with an id.
    pub(super) is_call: bool,
}

impl Read {
    pub(super) fn of(exchange: &Exchange) -> Self {
        let json = Json::by_grammar(&exchange.body);
        let is_call = json.as_ref().is_some_and(|json| {
            json.has("id") && json.member("method").and_then(Json::text) == Some("tools/call")
        });
        Read { rule: outside(exchange, json.as_ref()), json, is_call }
    }

    fn params(&self) -> Option<&Json> {
        self.json.as_ref()?.member("params")
    }

    /// The tool that a call names.
    pub(super) fn tool(&self) -> Option<&str> {
        self.params()?.member("name")?.text()
    }

    pub(super) fn meta(&self) -> Option<&Json> {
        self.params()?.member("_meta")
    }

    pub(super) fn arguments(&self) -> Option<&Json> {
        self.params()?.member("arguments")
    }

    /// What a call brings of an earlier one.
    pub(super) fn state(&self) -> Option<&Json> {
        self.params().and_then(|params| present(params, "requestState"))
    }

    pub(super) fn has_cursor(&self) -> bool {
        self.params().is_some_and(|params| present(params, "cursor").is_some())
    }

    pub(super) fn capabilities(&self) -> Option<&Json> {
        present(self.meta()?, META_CAPABILITIES)
    }

    /// The version that `_meta` names.
    pub(super) fn version(&self) -> Option<&str> {
        present(self.meta()?, META_VERSION)?.text()
    }

    /// Whether something holds of a value anywhere in it.
    pub(super) fn any(&self, holds: fn(&Json) -> bool) -> bool {
        self.json.as_ref().is_some_and(|json| anywhere(json, holds))
    }
}

pub(super) fn is_served(version: &str) -> bool {
    VERSIONS.contains(&version)
}

pub(super) fn anywhere(json: &Json, holds: fn(&Json) -> bool) -> bool {
    holds(json)
        || match json {
            Json::List(items) => items.iter().any(|item| anywhere(item, holds)),
            Json::Object(members) => members.iter().any(|(_, value)| anywhere(value, holds)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::Halves => false,
        }
}

/// A member that is there, and isn't `null`.
fn present<'j>(json: &'j Json, name: &str) -> Option<&'j Json> {
    json.member(name).filter(|value| **value != Json::Null)
}

/// Whether an object has any member twice.
pub(super) fn is_twofold(json: &Json) -> bool {
    let Json::Object(members) = json else { return false };
    let mut each = members.iter().enumerate();
    each.any(|(at, (name, _))| members[..at].iter().any(|(own, _)| own == name))
}

/// Whether an object has one of these members twice, or a name that is no text.
fn is_muddled(json: &Json, names: &[&str]) -> bool {
    let Json::Object(members) = json else { return false };
    names.iter().any(|name| members.iter().filter(|(own, _)| own == name).count() > 1)
        || members.iter().any(|(own, _)| own == "\u{fffd}")
}

fn is_object(json: &Json) -> bool {
    matches!(json, Json::Object(_))
}

fn is_id(json: &Json) -> bool {
    match json {
        Json::Text(text) => text.len() + 2 <= MAX_ID,
        Json::Number(number) => number.parse::<i64>().is_ok(),
        _ => false,
    }
}

fn outside(exchange: &Exchange, json: Option<&Json>) -> Rule {
    if exchange.path.split('?').next() != Some("/mcp") {
        return Rule::Path;
    }
    if exchange.method != "POST" {
        return Rule::Method;
    }
    let types = exchange.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let essence = types.and_then(|(_, value)| value.split(';').next()).unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case("application/json") {
        return Rule::ContentType;
    }
    if exchange.body.len() > MAX_BODY {
        return Rule::Size;
    }
    match json {
        None => Rule::Json,
        Some(json) if json.depth() > MAX_DEPTH => Rule::Depth,
        Some(json) => envelope(exchange, json),
    }
}

fn envelope(exchange: &Exchange, json: &Json) -> Rule {
    let is_text = |name: &str| present(json, name).is_none_or(|value| value.text().is_some());
    let known = ["jsonrpc", "id", "method", "params", "result", "error"];
    if !is_object(json) || is_muddled(json, &known) || !is_text("jsonrpc") || !is_text("method") {
        return Rule::Envelope;
    }
    let id = json.member("id");
    if id.is_some_and(|id| !is_id(id)) {
        return Rule::Id;
    }
    if json.member("jsonrpc").and_then(Json::text) != Some("2.0") {
        return Rule::Envelope;
    }
    let Some(method) = json.member("method").and_then(Json::text) else {
        let answers = present(json, "result").or(present(json, "error")).is_some();
        return if answers { Rule::Response } else { Rule::Envelope };
    };
    let params = json.member("params");
    if params.is_some_and(|params| !is_object(params)) {
        return Rule::Params;
    }
    match (id, method) {
        (None, _) => match all(exchange, "MCP-Protocol-Version")[..] {
            [] => Rule::Notification,
            [version] if is_served(version) => Rule::Notification,
            [_] => Rule::UnknownVersion,
            _ => Rule::Twice,
        },
        (Some(_), "tools/call") => call(exchange, params),
        (Some(_), method) => request(exchange, method, params),
    }
}

fn request(exchange: &Exchange, method: &str, params: Option<&Json>) -> Rule {
    if let Some(params) = params {
        if is_muddled(params, &["cursor", "_meta"]) {
            return Rule::Meta;
        }
        let is_cursor = |value: &Json| matches!(value, Json::Text(_));
        if method.ends_with("/list") && present(params, "cursor").is_some_and(|cursor| !is_cursor(cursor)) {
            return Rule::Cursor;
        }
        let meta = present(params, "_meta");
        // A version of a tool is for calls to ask for.
        if !is_meta(meta) || meta.is_some_and(|meta| meta.has(META_REQUIRES)) {
            return Rule::Meta;
        }
    }
    match ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"].iter().any(|name| all(exchange, name).len() > 1)
    {
        true => Rule::Twice,
        false if method == "tools/list" => list(exchange, params.and_then(|params| present(params, "_meta"))),
        false => Rule::Request,
    }
}

/// A list whose headers stand once each.
fn list(exchange: &Exchange, meta: Option<&Json>) -> Rule {
    let header = |name: &str| all(exchange, name).first().copied();
    let version = header("MCP-Protocol-Version");
    let named = meta.and_then(|meta| meta.member(META_VERSION)).and_then(Json::text);
    let is_modern = version.is_some_and(|version| version >= MODERN);
    let capabilities = meta.and_then(|meta| present(meta, META_CAPABILITIES));
    match named {
        None if version.is_some_and(|version| !is_served(version)) => Rule::UnknownVersion,
        _ if is_modern && header("Mcp-Method") != Some("tools/list") => Rule::Mirror,
        None if is_modern => Rule::Older,
        None => Rule::List,
        Some(_) if version != named => Rule::Mirror,
        Some(named) if !is_served(named) => Rule::Unsupported,
        Some(named) if named >= MODERN && capabilities.is_none() => Rule::Capabilities,
        Some(_) => Rule::List,
    }
}

fn is_meta(meta: Option<&Json>) -> bool {
    const KNOWN: [&str; 8] = [
        "progressToken",
        META_VERSION,
        META_CAPABILITIES,
        "io.modelcontextprotocol/clientInfo",
        META_REQUIRES,
        META_LEVEL,
        "traceparent",
        "tracestate",
    ];
    let Some(meta) = meta else { return true };
    let requires = meta.member(META_REQUIRES);
    is_object(meta)
        && !is_muddled(meta, &KNOWN)
        && requires.is_none_or(|value| value.text().is_some_and(|text| Requirement::parse(text).is_ok()))
        && present(meta, META_VERSION).is_none_or(|version| version.text().is_some())
        && present(meta, "progressToken").is_none_or(is_id)
        && present(meta, META_LEVEL).is_none_or(is_level)
}

/// RFC 5424 §6.2.1, as the protocol spells it.
pub(super) fn is_level(level: &Json) -> bool {
    let levels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
    level.text().is_some_and(|level| levels.contains(&level))
}

/// How grave messages have to be that a request wants to hear.
pub(super) const META_LEVEL: &str = "io.modelcontextprotocol/logLevel";

fn call(exchange: &Exchange, params: Option<&Json>) -> Rule {
    let Some(params) = params else { return Rule::CallParams };
    let known = ["name", "arguments", "_meta", "inputResponses", "requestState"];
    let Some(name) = params.member("name").and_then(Json::text) else { return Rule::CallParams };
    if is_muddled(params, &known) {
        return Rule::CallParams;
    }
    let meta = present(params, "_meta");
    if !is_meta(meta) {
        return Rule::Meta;
    }
    let version = meta.and_then(|meta| meta.member(META_VERSION)).and_then(Json::text);
    let (state, responses) = (present(params, "requestState"), present(params, "inputResponses"));
    // What the newer revision has is no part of the older.
    if state.is_some_and(|state| state.text().is_none())
        || responses.is_some_and(|responses| !is_object(responses))
        || (version.is_none() && state.or(responses).is_some())
    {
        return Rule::Input;
    }
    if present(params, "arguments").is_some_and(|arguments| !is_object(arguments)) {
        return Rule::Arguments;
    }
    match version {
        None => legacy(exchange),
        Some(version) => {
            let capabilities = meta.and_then(|meta| meta.member(META_CAPABILITIES));
            modern(exchange, version, capabilities.is_some_and(is_object), name)
        }
    }
}

fn legacy(exchange: &Exchange) -> Rule {
    match all(exchange, "MCP-Protocol-Version")[..] {
        [] => Rule::Call,
        [version] if version >= MODERN => Rule::Older,
        [version] if VERSIONS.contains(&version) => Rule::Call,
        [_] => Rule::UnknownVersion,
        _ => Rule::Twice,
    }
}

fn modern(exchange: &Exchange, version: &str, has_capabilities: bool, name: &str) -> Rule {
    let says = |header: &str, wanted: &str| match all(exchange, header)[..] {
        [value] if value == wanted => None,
        [_] | [] => Some(Rule::Mirror),
        _ => Some(Rule::Twice),
    };
    let names = |wanted: &str| match all(exchange, "Mcp-Name")[..] {
        [value] => match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
            Some(encoded) if BASE64.decode(encoded).is_ok_and(|bytes| bytes == wanted.as_bytes()) => None,
            None if value == wanted => None,
            _ => Some(Rule::Mirror),
        },
        [] => Some(Rule::Mirror),
        _ => Some(Rule::Twice),
    };
    says("MCP-Protocol-Version", version)
        .or_else(|| says("Mcp-Method", "tools/call"))
        .or_else(|| names(name))
        .or((!is_served(version)).then_some(Rule::Unsupported))
        .or((!has_capabilities).then_some(Rule::Capabilities))
        .unwrap_or(Rule::Call)
}

/// All values of a header, as they are sent.
fn all<'e>(exchange: &'e Exchange, name: &str) -> Vec<&'e str> {
    let values = exchange.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
    values.map(|(_, value)| value.trim_matches([' ', '\t'])).collect()
}
