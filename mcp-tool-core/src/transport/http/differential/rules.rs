//! Whether our answer is what the rules say of a request, whatever rmcp says.

use serde_json::{Value, json};

use super::{
    arguments,
    compare::Answer,
    exchange::Exchange,
    make::META_REQUIRES,
    mirror,
    reference::{Read, Rule},
};
use crate::transport::ways::Way;

/// # Errors
/// What of it isn't so.
pub(super) fn obeyed(
    tools: &[Value],
    exchange: &Exchange,
    read: &Read,
    ways: &[Way],
    ours: &Answer,
) -> Result<(), String> {
    let is_so = |is_so: bool, what: &str| if is_so { Ok(()) } else { Err(what.to_owned()) };
    if let Some((status, code)) = read.rule.answer() {
        is_so((ours.status, ours.code()) == (status, Some(code)), "status and code")?;
        let error = &ours.message().ok_or("no message")?["error"];
        let id = &error["data"]["dev.mcp-tool/correlationId"];
        is_so(id.is_string() == read.rule.is_recorded(read.is_call), "the correlation id")?;
        return is_so(!ways.contains(&Way::Rmcp), "the way");
    }
    let is_unread = ways.is_empty();
    match read.rule {
        Rule::Path => is_so(ours.status == 404 && is_unread, "404"),
        Rule::Method => is_so(ours.status == 405 && is_unread, "405"),
        Rule::Notification => is_so(ours.status == 202 && is_unread, "202"),
        Rule::Response => is_so(ways == [Way::Rmcp], "the way"),
        Rule::Request => {
            let is_refused = (ours.status, ours.code()) == (400, Some(-32600)) && is_unread;
            is_so(is_refused || ways == [Way::Rmcp], "the way")
        }
        Rule::List => {
            is_so(ways == [Way::List], "the way of a list")?;
            let outcome = (ours.status, ours.code());
            // Which cursors and capabilities can be read, the list's own tests say.
            let has_more = read.has_cursor() || read.capabilities().is_some();
            is_so(outcome == (200, None) || (has_more && outcome.1 == Some(-32602)), "a list")
        }
        Rule::Call => {
            is_so(matches!(ways, [Way::Hot | Way::Careful]), "the way of a call")?;
            called(tools, exchange, read, ours)?;
            shaped(tools, read, ours)
        }
        rule => Err(format!("{rule:?} has an answer")),
    }
}

/// Whether a call that may be asked for is answered by what it asks.
fn called(tools: &[Value], exchange: &Exchange, read: &Read, ours: &Answer) -> Result<(), String> {
    let wanted = |what: &str| Err(what.to_owned());
    let outcome = (ours.status, ours.code());
    let name = read.tool().ok_or("no tool")?;
    let Some(tool) = tools.iter().find(|tool| tool["name"] == name) else {
        return if outcome == (200, Some(-32602)) { Ok(()) } else { wanted("an unknown tool") };
    };
    // Whether a version fits, the registry's own tests say.
    if read.meta().is_some_and(|meta| meta.has(META_REQUIRES)) {
        let answers = [(200, None), (200, Some(-32602)), (403, Some(-31403)), (400, Some(-32020))];
        // Nothing was sealed here for anybody.
        let is_stale = read.state().is_some() && outcome == (400, Some(-32602));
        let is_answer = is_stale || answers.contains(&outcome);
        return if is_answer { Ok(()) } else { wanted("a call's answer") };
    }
    if name.starts_with("closed") {
        return if outcome == (403, Some(-31403)) { Ok(()) } else { wanted("a scope") };
    }
    if !mirror::agree(exchange, read) {
        return if outcome == (400, Some(-32020)) { Ok(()) } else { wanted("headers that disagree refused") };
    }
    // Nothing was sealed here for anybody. Arguments come first.
    let arguments = arguments::read(&tool["inputSchema"], read.arguments());
    match (read.state().is_some(), &arguments, outcome == (400, Some(-32602))) {
        (true, Some(Ok(_)) | None, true) => return Ok(()),
        // A cursor is looked at when it is read, which the schema doesn't know.
        (true, Some(Ok(_)), false) if !name.starts_with("pages") => {
            return wanted("a state of nobody's refused");
        }
        _ => {}
    }
    let result = &ours.message().ok_or("no message")?["result"];
    if outcome != (200, None) || !result.is_object() {
        return wanted("a result");
    }
    let kind = result["_meta"]["dev.mcp-tool/error"]["kind"].as_str();
    let base = name.split("_v").next().unwrap_or(name);
    match arguments {
        None => Ok(()),
        Some(Err(())) if kind == Some("invalid_arguments") => Ok(()),
        Some(Err(())) => wanted("wrong arguments refused"),
        // It says so itself.
        Some(Ok(_)) if base == "destroys" && kind == Some("approval_required") => Ok(()),
        Some(Ok(_)) if base == "overstates" && kind == Some("internal") => Ok(()),
        Some(Ok(_)) if ["fails", "pages", "relay"].contains(&base) => Ok(()),
        Some(Ok(_)) if kind.is_some() => wanted("good arguments taken"),
        Some(Ok(read)) => match arguments::said_again(base, read) {
            None => Ok(()),
            Some(Value::String(text)) if result["content"] == json!([{ "type": "text", "text": text }]) => {
                Ok(())
            }
            Some(object) if result["structuredContent"] == object => Ok(()),
            Some(_) => wanted("the arguments as they were sent"),
        },
    }
}

/// Whether a call's result has what results have, and nothing else.
fn shaped(tools: &[Value], read: &Read, ours: &Answer) -> Result<(), String> {
    let is_so = |is_so: bool, what: &str| if is_so { Ok(()) } else { Err(what.to_owned()) };
    let message = ours.message().ok_or("no message")?;
    let Some(result) = message.get("result") else { return Ok(()) };
    let (meta, is_modern) = (&result["_meta"], read.version().is_some());
    is_so(
        names(message) == ["id", "jsonrpc", "result"] && message["jsonrpc"] == "2.0",
        "the members of an answer",
    )?;
    let kind = meta["dev.mcp-tool/error"].get("kind");
    let mut wanted = vec!["_meta", "content"];
    wanted.extend(kind.map(|_| "isError"));
    wanted.extend(is_modern.then_some("resultType"));
    wanted.extend(result.get("structuredContent").map(|_| "structuredContent"));
    is_so(names(result) == wanted, "the members of a result")?;
    is_so(kind.is_none() || result["isError"] == true, "isError")?;
    is_so(!is_modern || result["resultType"] == "complete", "resultType")?;
    let server = is_modern.then(|| json!({ "name": "differential", "version": "1.2.3" }));
    is_so(meta.get("io.modelcontextprotocol/serverInfo") == server.as_ref(), "who serves")?;
    is_so(meta["dev.mcp-tool/correlationId"] == "a UUID of version 7", "the correlation id")?;
    let tool = tools.iter().find(|tool| tool["name"] == read.tool().unwrap_or_default());
    for name in ["dev.mcp-tool/version", "dev.mcp-tool/contract"] {
        // Which version a requirement means, the registry's own tests say.
        let is_free = read.meta().is_some_and(|meta| meta.has(META_REQUIRES));
        is_so(is_free || tool.is_some_and(|tool| tool["_meta"][name] == meta[name]), name)?;
    }
    let text = result["content"][0]["text"].as_str().ok_or("no text")?;
    is_so(result["content"] == json!([{ "type": "text", "text": text }]), "one text")?;
    let object = result.get("structuredContent");
    is_so(
        object.is_none_or(|object| serde_json::from_str(text).ok().as_ref() == Some(object)),
        "the result as text",
    )
}

/// The names of an object's members, in order of the alphabet.
fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> =
        object.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}
