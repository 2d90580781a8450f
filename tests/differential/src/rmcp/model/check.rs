//! Compares our response to a request with the responses that the model allows.

use serde_json::{Value, json};

use super::{Classified, Rule, arguments, headers};
use crate::{
    ours::{FAST_PATH, FULL_PARSER, LIST, RMCP, ReadPath},
    rmcp::{
        exchange::{Exchange, META_REQUIRES},
        response::Response,
    },
};

/// Checks our response. `read_paths` are the code paths that read the request. They are empty if the listener
/// answered before it chose a path.
///
/// # Errors
/// Returns the name of a part of the response that differs from the model's rules.
pub(crate) fn check(
    tools: &[Value],
    exchange: &Exchange,
    request: &Classified,
    read_paths: &[ReadPath],
    ours: &Response,
) -> Result<(), String> {
    let ensure = |holds: bool, part: &str| if holds { Ok(()) } else { Err(part.to_owned()) };
    if let Some((status, code)) = request.rule.refusal() {
        ensure((ours.status, ours.code()) == (status, Some(code)), "status and code")?;
        let error = &ours.message().ok_or("no message")?["error"];
        let id = &error["data"]["dev.mcp-tool/correlationId"];
        ensure(id.is_string() == request.rule.is_recorded(request.is_call), "the correlation id")?;
        return ensure(!read_paths.contains(&RMCP), "the read path");
    }
    let is_unread = read_paths.is_empty();
    match request.rule {
        Rule::UnknownPath => ensure(ours.status == 404 && is_unread, "404"),
        Rule::NotPost => ensure(ours.status == 405 && is_unread, "405"),
        Rule::Notification => ensure(ours.status == 202 && is_unread, "202"),
        Rule::Response => ensure(read_paths == [RMCP], "the read path"),
        Rule::Request => {
            let is_refused = (ours.status, ours.code()) == (400, Some(-32600)) && is_unread;
            ensure(is_refused || read_paths == [RMCP], "the read path")
        }
        Rule::List => {
            ensure(read_paths == [LIST], "the read path of a list")?;
            let outcome = (ours.status, ours.code());
            // Other tests check which cursors and capabilities are valid.
            let may_be_refused = request.has_cursor() || request.capabilities().is_some();
            ensure(outcome == (200, None) || (may_be_refused && outcome.1 == Some(-32602)), "a list")
        }
        Rule::Call => {
            ensure(matches!(read_paths, [FAST_PATH | FULL_PARSER]), "the read path of a call")?;
            check_call(tools, exchange, request, ours)?;
            check_result(tools, request, ours)
        }
        rule => Err(format!("{rule:?} is a refusal")),
    }
}

/// Checks the outcome of a call.
fn check_call(
    tools: &[Value],
    exchange: &Exchange,
    request: &Classified,
    ours: &Response,
) -> Result<(), String> {
    let expected = |outcome: &str| Err(format!("expected {outcome}"));
    let outcome = (ours.status, ours.code());
    let name = request.tool().ok_or("no tool")?;
    let Some(tool) = tools.iter().find(|tool| tool["name"] == name) else {
        return if outcome == (200, Some(-32602)) { Ok(()) } else { expected("unknown tool") };
    };
    // Other tests check which versions satisfy a requirement.
    if request.meta().is_some_and(|meta| meta.has(META_REQUIRES)) {
        // A result, no such version, a missing scope, or a wrong header.
        let outcomes = [(200, None), (200, Some(-32602)), (403, Some(-31403)), (400, Some(-32020))];
        // This server never issues a `requestState`.
        let is_stale = request.state().is_some() && outcome == (400, Some(-32602));
        let is_response = is_stale || outcomes.contains(&outcome);
        return if is_response { Ok(()) } else { expected("the response to a call") };
    }
    // `closed` needs a scope that the caller lacks.
    if name.starts_with("closed") {
        return if outcome == (403, Some(-31403)) { Ok(()) } else { expected("a denial") };
    }
    if !headers::agree(exchange, request) {
        return if outcome == (400, Some(-32020)) { Ok(()) } else { expected("a refusal of the headers") };
    }
    // This server never issues a `requestState`, so it refuses every one, but only after it has checked the arguments.
    let arguments = arguments::read(&tool["inputSchema"], request.arguments());
    match (request.state().is_some(), &arguments, outcome == (400, Some(-32602))) {
        (true, Some(Ok(_)) | None, true) => return Ok(()),
        // `pages` also refuses invalid cursors, and the schema doesn't say which cursors are valid.
        (true, Some(Ok(_)), false) if !name.starts_with("pages") => {
            return expected("a refusal of the state");
        }
        _ => {}
    }
    let result = &ours.message().ok_or("no message")?["result"];
    if outcome != (200, None) || !result.is_object() {
        return expected("a result");
    }
    let kind = result["_meta"]["dev.mcp-tool/error"]["kind"].as_str();
    // Older versions are called as `NAME_vMAJOR`.
    let base = name.split("_v").next().unwrap_or(name);
    match arguments {
        None => Ok(()),
        Some(Err(())) if kind == Some("invalid_arguments") => Ok(()),
        Some(Err(())) => expected("a refusal of the arguments"),
        // `destroys` and `overstates` always fail.
        Some(Ok(_)) if base == "destroys" && kind == Some("approval_required") => Ok(()),
        Some(Ok(_)) if base == "overstates" && kind == Some("internal") => Ok(()),
        // The model doesn't predict the results of these tools.
        Some(Ok(_)) if ["fails", "pages", "relay"].contains(&base) => Ok(()),
        Some(Ok(_)) if kind.is_some() => expected("a result"),
        Some(Ok(read)) => match arguments::echoed(base, read) {
            None => Ok(()),
            Some(Value::String(text)) if result["content"] == json!([{ "type": "text", "text": text }]) => {
                Ok(())
            }
            Some(object) if result["structuredContent"] == object => Ok(()),
            Some(_) => expected("the arguments as sent"),
        },
    }
}

/// Checks that the result of a call has all members that it must have, and no others.
fn check_result(tools: &[Value], request: &Classified, ours: &Response) -> Result<(), String> {
    let ensure = |holds: bool, part: &str| if holds { Ok(()) } else { Err(part.to_owned()) };
    let message = ours.message().ok_or("no message")?;
    let Some(result) = message.get("result") else { return Ok(()) };
    let (meta, is_modern) = (&result["_meta"], request.version().is_some());
    ensure(
        names(message) == ["id", "jsonrpc", "result"] && message["jsonrpc"] == "2.0",
        "the members of a response",
    )?;
    let kind = meta["dev.mcp-tool/error"].get("kind");
    let mut members = vec!["_meta", "content"];
    members.extend(kind.map(|_| "isError"));
    members.extend(is_modern.then_some("resultType"));
    members.extend(result.get("structuredContent").map(|_| "structuredContent"));
    ensure(names(result) == members, "the members of a result")?;
    ensure(kind.is_none() || result["isError"] == true, "isError")?;
    ensure(!is_modern || result["resultType"] == "complete", "resultType")?;
    let server = is_modern.then(|| json!({ "name": "differential", "version": "1.2.3" }));
    ensure(meta.get("io.modelcontextprotocol/serverInfo") == server.as_ref(), "serverInfo")?;
    ensure(meta["dev.mcp-tool/correlationId"] == "a UUID of version 7", "the correlation id")?;
    let tool = tools.iter().find(|tool| tool["name"] == request.tool().unwrap_or_default());
    for name in ["dev.mcp-tool/version", "dev.mcp-tool/contract"] {
        // Other tests check which version a requirement selects.
        let has_requirement = request.meta().is_some_and(|meta| meta.has(META_REQUIRES));
        ensure(has_requirement || tool.is_some_and(|tool| tool["_meta"][name] == meta[name]), name)?;
    }
    let text = result["content"][0]["text"].as_str().ok_or("no text")?;
    ensure(result["content"] == json!([{ "type": "text", "text": text }]), "one text")?;
    let object = result.get("structuredContent");
    ensure(
        object.is_none_or(|object| serde_json::from_str(text).ok().as_ref() == Some(object)),
        "the result as text",
    )
}

/// Returns the sorted names of an object's members.
fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> =
        object.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}
