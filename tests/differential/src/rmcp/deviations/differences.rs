//! Deviations in one part of the responses. If an entry applies, it makes the two responses equal in that part.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Case, Difference, RmcpResponse};
use crate::{
    json_tree::Json,
    rmcp::{
        exchange::{META_CAPABILITIES, META_REQUIRES, MODERN},
        model::{BYTE_ORDER_MARK, Rule, any_value, has_duplicate_member, is_beyond_64_bits},
        response::{Body, Response},
    },
};

/// Deviations in one part of the responses.
pub(crate) const DIFFERENCES: &[Difference] = &[
    Difference {
        name: "stream preferred by Accept",
        reason: "We stream to a client that names `text/event-stream` first; this test configures rmcp for JSON.",
        equalize: |case| {
            let accept = case.exchange.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("accept"));
            let is_first = accept.is_some_and(|(_, value)| value.trim().starts_with("text/event-stream"));
            let event = match &case.ours.body {
                Body::Events(events) if is_first && events.len() == 1 => events.first(),
                _ => None,
            };
            let Some(event) = event.cloned() else { return false };
            case.ours.body = Body::Json(event);
            for name in ["cache-control", "x-accel-buffering"] {
                case.ours.headers.remove(name);
            }
            case.ours.headers.insert("content-type".to_owned(), vec!["application/json".to_owned()]);
            true
        },
    },
    Difference {
        name: "members of modern results",
        reason: "2026-07-28 requires `resultType` and `serverInfo`. Our handler, which rmcp's service calls here, leaves them out, because it is made for 2025-11-25 sessions.",
        equalize: |case| {
            let is_modern = case.request.rule == Rule::Call && case.request.version().is_some();
            let theirs = case.theirs.message().and_then(|message| message.get("result"));
            let is_bare = theirs.is_some_and(|result| {
                result.get("resultType").is_none()
                    && result["_meta"].get("io.modelcontextprotocol/serverInfo").is_none()
            });
            let Some(result) = result_mut(&mut case.ours).filter(|_| is_modern && is_bare) else {
                return false;
            };
            let server = json!({ "name": "differential", "version": "1.2.3" });
            let meta = result.get_mut("_meta").and_then(Value::as_object_mut).unwrap();
            let has_server = meta.remove("io.modelcontextprotocol/serverInfo") == Some(server);
            let is_complete = result.as_object_mut().unwrap().remove("resultType") == Some(json!("complete"));
            has_server && is_complete
        },
    },
    Difference {
        name: "status of a denial",
        reason: "A call that lacks a scope (-31403) is answered with 403, so that clients request more scopes (authorization §insufficient scope); rmcp answers 200.",
        equalize: |case| {
            let codes = (case.ours.code(), case.theirs.code());
            let is_denial = codes == (Some(-31403), Some(-31403));
            let applies = is_denial && (case.ours.status, case.theirs.status) == (403, 200);
            case.theirs.status = if applies { 403 } else { case.theirs.status };
            applies
        },
    },
    Difference {
        name: "securitySchemes of a tool",
        reason: "SEP-1488 makes `securitySchemes` a member of the tool; rmcp's type `Tool` has no such member.",
        equalize: |case| {
            let tools = result_mut(&mut case.ours).and_then(|result| result.get_mut("tools"));
            let Some(tools) = tools.and_then(Value::as_array_mut) else { return false };
            tools.iter_mut().fold(false, |any, tool| {
                let is_same = tool["securitySchemes"] == tool["_meta"]["securitySchemes"];
                let tool = tool.as_object_mut().unwrap();
                (is_same && tool.remove("securitySchemes").is_some()) || any
            })
        },
    },
    Difference {
        name: "Accept is optional",
        reason: "Clients must accept JSON and event streams (Streamable HTTP §sending messages); we also answer other clients.",
        equalize: |case| {
            let names = |kind: &str| {
                let values =
                    case.exchange.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("accept"));
                values.flat_map(|(_, value)| value.split(',')).any(|one| {
                    let one = one.trim().to_ascii_lowercase();
                    one.split(';').next() == Some(kind) && !one.ends_with("q=0")
                })
            };
            let is_both = names("application/json") && names("text/event-stream");
            replace(case, !is_both, RmcpResponse::Text(406))
        },
    },
    Difference {
        name: "final slash of the path",
        reason: "Many clients add a slash to the URL that they are given, so we ignore it; rmcp's service here has one path.",
        equalize: |case| {
            let is_unknown = (case.theirs.status, &case.theirs.body) == (404, &Body::Empty);
            let applies = is_unknown && case.exchange.path == "/mcp/";
            if applies {
                case.theirs = case.ours.clone();
            }
            applies
        },
    },
    Difference {
        name: "byte order mark",
        reason: "Parsers may ignore it (RFC 8259 §8.1), and some tools write one; rmcp refuses the message.",
        equalize: |case| {
            let has_mark = case.exchange.body.starts_with(BYTE_ORDER_MARK);
            replace(case, has_mark, RmcpResponse::Text(415))
        },
    },
    Difference {
        name: "id beyond 64 bits",
        reason: "An id is any integer (JSON-RPC 2.0 §4), and clients generate large ones; rmcp holds 64 bits.",
        equalize: |case| {
            let id = case.request.json.as_ref().and_then(|json| json.member("id"));
            replace(case, id.is_some_and(is_beyond_64_bits), RmcpResponse::Text(415))
        },
    },
    Difference {
        name: "lone surrogate",
        reason: "We refuse a lone surrogate only in arguments, and name the argument; rmcp refuses every message with a lone surrogate.",
        equalize: |case| {
            replace(case, case.request.any(|json| *json == Json::LoneSurrogate), RmcpResponse::Text(415))
        },
    },
    Difference {
        name: "number beyond a double",
        reason: "Our refusal names the argument and its limit; rmcp refuses the whole message.",
        equalize: |case| replace(case, case.request.any(is_beyond), RmcpResponse::Text(415)),
    },
    Difference {
        name: "result or error in a request",
        reason: "A message with `method` is a request (JSON-RPC 2.0 §4), even if it also has members of a response; rmcp refuses it.",
        equalize: |case| {
            let json = case.request.json.as_ref();
            let is_both =
                json.is_some_and(|json| json.has("method") && (json.has("result") || json.has("error")));
            replace(case, is_both, RmcpResponse::Text(415))
        },
    },
    Difference {
        name: "shape of capabilities",
        reason: "We accept any object as capabilities; rmcp parses each member.",
        equalize: |case| {
            let capabilities = case.request.meta().and_then(|meta| meta.member(META_CAPABILITIES));
            let has_other = matches!(capabilities, Some(Json::Object(members)) if members.iter().any(|(_, value)| {
                !matches!(value, Json::Object(_)) || any_value(value, |inner| matches!(inner, Json::Number(_)))
            }));
            replace(case, has_other, RmcpResponse::Error(400, -32602))
        },
    },
    Difference {
        name: "unknown requestState",
        reason: "We refuse a state that was not sealed for this call (2026-07-28, multi round-trip requests); rmcp leaves it to the tool.",
        equalize: |case| {
            let is_refused = case.request.state().is_some() && case.ours.code() == Some(-32602);
            replace(case, is_refused, RmcpResponse::Accepted)
        },
    },
    Difference {
        name: "duplicate argument",
        reason: "We refuse a duplicate argument because it is ambiguous; rmcp takes the last one.",
        equalize: |case| {
            let is_twice = case.request.arguments().is_some_and(has_duplicate_member);
            let distinct = |response| violations(response).into_iter().collect::<BTreeSet<_>>();
            // An unknown argument is reported once for each occurrence.
            let (ours, theirs) = (distinct(&case.ours), distinct(&case.theirs));
            let is_reported = ours.iter().any(|(_, rule)| rule == "duplicate");
            replace(case, is_twice && (is_reported || ours == theirs), RmcpResponse::Accepted)
        },
    },
    Difference {
        name: "spelling of a number",
        reason: "We validate the number as the client wrote it; rmcp parses it first, which may round it.",
        equalize: |case| {
            let is_rounded =
                case.request.arguments().is_some_and(|arguments| any_value(arguments, is_rounded));
            let pointers =
                |response| violations(response).into_iter().map(|(pointer, _)| pointer).collect::<Vec<_>>();
            let (ours, theirs) = (pointers(&case.ours), pointers(&case.theirs));
            let is_refused = !ours.is_empty() && (theirs.is_empty() || ours == theirs);
            replace(case, is_rounded && is_refused, RmcpResponse::Accepted)
        },
    },
    Difference {
        name: "header `1` for an argument `1.0`",
        reason: "A header is compared with the value of its argument, and 1.0 is an integer in JSON Schema; rmcp compares text.",
        equalize: |case| {
            let has_spelling = case
                .request
                .arguments()
                .is_some_and(|arguments| any_value(arguments, has_fraction_or_exponent));
            let is_accepted = case.ours.status == 200 && violations(&case.ours).is_empty();
            replace(case, has_spelling && is_accepted, RmcpResponse::Error(400, -32020))
        },
    },
    Difference {
        name: "invalid notification",
        reason: "A notification has no response (JSON-RPC 2.0 §4.1), so we accept an invalid one; rmcp refuses it.",
        equalize: |case| {
            let is_notification = case.request.rule == Rule::Notification;
            let refusals = [RmcpResponse::Error(400, -32020), RmcpResponse::Text(415)];
            refusals.into_iter().any(|response| replace(case, is_notification, response))
        },
    },
    Difference {
        name: "text of 404 and 405",
        reason: "Our body names the endpoint; status and `Allow` are the same.",
        equalize: |case| {
            let applies = matches!(case.request.rule, Rule::UnknownPath | Rule::NotPost)
                && case.ours.status == case.theirs.status;
            if applies {
                case.theirs.body = case.ours.body.clone();
                case.ours.headers.remove("content-type");
            }
            applies
        },
    },
    Difference {
        name: "text of a header mismatch",
        reason: "The message is for people (JSON-RPC 2.0 §5.1); ours names the argument, and calls have a correlation id.",
        equalize: |case| {
            let codes = (case.ours.code(), case.theirs.code());
            let applies = case.request.rule == Rule::Call
                && codes == (Some(-32020), Some(-32020))
                && (case.ours.status, case.theirs.status) == (400, 400);
            if applies {
                remove_text(&mut case.ours);
                remove_text(&mut case.theirs);
            }
            applies
        },
    },
    Difference {
        name: "version is selected before headers",
        reason: "We select the version of the tool, then check the headers of this version; rmcp checks those of the newest one.",
        equalize: |case| {
            let applies = case.ours.code() == Some(-32602)
                && case.request.meta().is_some_and(|meta| meta.has(META_REQUIRES));
            replace(case, applies, RmcpResponse::Error(400, -32020))
        },
    },
    Difference {
        name: "headers of an older version",
        reason: "We check the headers of a version that is called as `NAME_v1`; rmcp finds no tool of that name.",
        equalize: |case| {
            let is_older = case.request.tool() == Some("mirrored_v1");
            let applies = is_older && (case.ours.status, case.ours.code()) == (400, Some(-32020));
            replace(case, applies, RmcpResponse::Accepted)
        },
    },
    Difference {
        name: "text of a refusal",
        reason: "The message is for people (JSON-RPC 2.0 §5.1); ours says what to fix, and calls have a correlation id.",
        equalize: |case| {
            // For us, a list with a legacy version in `_meta`, such as 2025-11-25, is a legacy request, whose errors
            // have status 200. rmcp answers 400.
            let is_older = case.request.rule == Rule::List
                && case.request.version().is_some_and(|version| version != MODERN);
            if is_older && (case.ours.status, case.theirs.status) == (200, 400) {
                case.theirs.status = 200;
            }
            let is_same = (case.request.rule.refusal().is_some() || case.request.rule == Rule::List)
                && case.ours.status == case.theirs.status
                && case.ours.code().is_some()
                && case.ours.code() == case.theirs.code();
            if is_same {
                remove_text(&mut case.ours);
                remove_text(&mut case.theirs);
            }
            is_same
        },
    },
];

/// If `applies` is true and rmcp's response is of the kind `theirs`, replaces rmcp's response by ours and returns
/// `true`.
fn replace(case: &mut Case<'_>, applies: bool, theirs: RmcpResponse) -> bool {
    let applies = applies && theirs.matches(case);
    if applies {
        case.theirs = case.ours.clone();
    }
    applies
}

/// Returns `true` for a number beyond the range of a double.
fn is_beyond(json: &Json) -> bool {
    matches!(json, Json::Number(number) if number.parse::<f64>().is_ok_and(|number| !number.is_finite()))
}

/// Returns `true` for a number whose spelling changes when `serde_json` parses and writes it.
fn is_rounded(json: &Json) -> bool {
    let Json::Number(number) = json else { return false };
    let written = serde_json::from_str::<Value>(number).and_then(|value| serde_json::to_string(&value));
    written.is_ok_and(|written| written != *number)
}

/// Returns `true` for a number that is written with a fraction or an exponent.
fn has_fraction_or_exponent(json: &Json) -> bool {
    matches!(json, Json::Number(number) if number.contains(['.', 'e', 'E']))
}

/// Returns pointer and rule of each violation that a response reports.
fn violations(response: &Response) -> Vec<(String, String)> {
    let error =
        response.message().map(|message| &message["result"]["_meta"]["dev.mcp-tool/error"]["violations"]);
    let all = error.and_then(Value::as_array).into_iter().flatten();
    all.map(|one| (one["pointer"].to_string(), one["rule"].as_str().unwrap_or_default().to_owned())).collect()
}

/// Removes the message and the correlation id of an error.
fn remove_text(response: &mut Response) {
    let Some(Value::Object(error)) = response.message_mut().and_then(|message| message.get_mut("error"))
    else {
        return;
    };
    error.remove("message");
    if let Some(Value::Object(data)) = error.get_mut("data") {
        data.remove("dev.mcp-tool/correlationId");
    }
    if error.get("data") == Some(&json!({})) {
        error.remove("data");
    }
}

fn result_mut(response: &mut Response) -> Option<&mut Value> {
    response.message_mut()?.get_mut("result")
}
