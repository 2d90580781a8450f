//! Differences in answers, each with what takes it out of both.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    allowed::{Case, Difference, Said},
    compare::{Answer, Body},
    exchange::{META_CAPABILITIES, MODERN},
    make::META_REQUIRES,
    reference::{Rule, anywhere, is_twofold},
};
use crate::json_tree::Json;

pub(super) const DIFFERENCES: &[Difference] = &[
    Difference {
        name: "the type that is named first",
        why: "a client that names streams first gets one; this rmcp is set to answer with JSON",
        even: |case| {
            let accept = case.exchange.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("accept"));
            let is_first = accept.is_some_and(|(_, value)| value.trim().starts_with("text/event-stream"));
            let one = match &case.ours.body {
                Body::Events(events) if is_first && events.len() == 1 => events.first(),
                _ => None,
            };
            let Some(one) = one.cloned() else { return false };
            case.ours.body = Body::Json(one);
            for name in ["cache-control", "x-accel-buffering"] {
                case.ours.headers.remove(name);
            }
            case.ours.headers.insert("content-type".to_owned(), vec!["application/json".to_owned()]);
            true
        },
    },
    Difference {
        name: "modern results",
        why: "2026-07-28 wants `resultType`, and results say who serves; `Protocol::call_tool` is for legacy sessions",
        even: |case| {
            let is_modern = case.read.rule == Rule::Call && case.read.version().is_some();
            let theirs = case.theirs.message().and_then(|message| message.get("result"));
            let is_bare = theirs.is_some_and(|result| {
                result.get("resultType").is_none()
                    && result["_meta"].get("io.modelcontextprotocol/serverInfo").is_none()
            });
            let Some(result) = result_mut(&mut case.ours).filter(|_| is_modern && is_bare) else {
                return false;
            };
            let server = json!({ "name": "differential", "version": "1.2.3" });
            let stamp = result.get_mut("_meta").and_then(Value::as_object_mut).unwrap();
            let has_server = stamp.remove("io.modelcontextprotocol/serverInfo") == Some(server);
            let is_complete = result.as_object_mut().unwrap().remove("resultType") == Some(json!("complete"));
            has_server && is_complete
        },
    },
    Difference {
        name: "status of a denial",
        why: "403, so that hosts step up (authorization §insufficient scope); rmcp has no status for it",
        even: |case| {
            let codes = (case.ours.code(), case.theirs.code());
            let is_denial = codes == (Some(-31403), Some(-31403));
            let is_so = is_denial && (case.ours.status, case.theirs.status) == (403, 200);
            case.theirs.status = if is_so { 403 } else { case.theirs.status };
            is_so
        },
    },
    Difference {
        name: "schemes beside a tool's name",
        why: "SEP-1488; rmcp's type of a tool has no room for them",
        even: |case| {
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
        name: "Accept isn't asked for",
        why: "clients must name both types (Streamable HTTP §sending messages); one that doesn't is answered all the same",
        even: |case| {
            let names = |kind: &str| {
                let values =
                    case.exchange.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("accept"));
                values.flat_map(|(_, value)| value.split(',')).any(|one| {
                    let one = one.trim().to_ascii_lowercase();
                    one.split(';').next() == Some(kind) && !one.ends_with("q=0")
                })
            };
            let is_both = names("application/json") && names("text/event-stream");
            instead(case, !is_both, Said::Text(406))
        },
    },
    Difference {
        name: "half of a surrogate pair",
        why: "where a text is read it is refused there, by its name; elsewhere it is nobody's. rmcp refuses the message",
        even: |case| instead(case, case.read.any(|json| *json == Json::Halves), Said::Text(415)),
    },
    Difference {
        name: "a number beyond a double",
        why: "the argument is refused by its name, with its bound; rmcp refuses the message",
        even: |case| instead(case, case.read.any(is_beyond), Said::Text(415)),
    },
    Difference {
        name: "an answer's member in a request",
        why: "a message with a `method` is a request (JSON-RPC 2.0 §4), whatever else it holds",
        even: |case| {
            let json = case.read.json.as_ref();
            let is_both =
                json.is_some_and(|json| json.has("method") && (json.has("result") || json.has("error")));
            instead(case, is_both, Said::Text(415))
        },
    },
    Difference {
        name: "capabilities of another shape",
        why: "they are an object, of which nothing is read here; rmcp reads each",
        even: |case| {
            let capabilities = case.read.meta().and_then(|meta| meta.member(META_CAPABILITIES));
            let has_other = matches!(capabilities, Some(Json::Object(members)) if members.iter().any(|(_, value)| {
                !matches!(value, Json::Object(_)) || anywhere(value, |inner| matches!(inner, Json::Number(_)))
            }));
            instead(case, has_other, Said::Error(400, -32602))
        },
    },
    Difference {
        name: "a state of nobody's",
        why: "a state that wasn't sealed for this call is refused (2026-07-28, multi round-trip requests); rmcp leaves it to tools",
        even: |case| {
            let is_refused = case.read.state().is_some() && case.ours.code() == Some(-32602);
            instead(case, is_refused, Said::Taken)
        },
    },
    Difference {
        name: "an argument twice",
        why: "which of both was meant nobody can say; rmcp takes the last",
        even: |case| {
            let is_twice = case.read.arguments().is_some_and(is_twofold);
            let of = |answer| violations(answer).into_iter().collect::<BTreeSet<_>>();
            // One that is unknown is named as often as it stands there.
            let (ours, theirs) = (of(&case.ours), of(&case.theirs));
            let is_said = ours.iter().any(|(_, rule)| rule == "duplicate");
            instead(case, is_twice && (is_said || ours == theirs), Said::Taken)
        },
    },
    Difference {
        name: "digits of an argument",
        why: "arguments are read from their own text; rmcp's map has rounded a number, or names it otherwise",
        even: |case| {
            let is_rounded = case.read.arguments().is_some_and(|arguments| anywhere(arguments, is_rounded));
            let at = |answer| violations(answer).into_iter().map(|(pointer, _)| pointer).collect::<Vec<_>>();
            let (ours, theirs) = (at(&case.ours), at(&case.theirs));
            let is_refused = !ours.is_empty() && (theirs.is_empty() || ours == theirs);
            instead(case, is_rounded && is_refused, Said::Taken)
        },
    },
    Difference {
        name: "a header of `1` beside `1.0`",
        why: "a header is held to an argument's value, not to its spelling (JSON Schema: 1.0 is an integer); rmcp compares text",
        even: |case| {
            let has_spelling =
                case.read.arguments().is_some_and(|arguments| anywhere(arguments, is_spelled_otherwise));
            let is_taken = case.ours.status == 200 && violations(&case.ours).is_empty();
            instead(case, has_spelling && is_taken, Said::Error(400, -32020))
        },
    },
    Difference {
        name: "a notification as it comes",
        why: "a notification has no answer (JSON-RPC 2.0 §4.1), and none but a cancellation does anything here",
        even: |case| {
            let is_note = case.read.rule == Rule::Notification;
            let refusals = [Said::Error(400, -32020), Said::Text(415)];
            refusals.into_iter().any(|said| instead(case, is_note, said))
        },
    },
    Difference {
        name: "words of 404 and 405",
        why: "ours say where to go; status and `Allow` are the same",
        even: |case| {
            let is_so =
                matches!(case.read.rule, Rule::Path | Rule::Method) && case.ours.status == case.theirs.status;
            if is_so {
                case.theirs.body = case.ours.body.clone();
                case.ours.headers.remove("content-type");
            }
            is_so
        },
    },
    Difference {
        name: "words of a header that disagrees",
        why: "a message is for people (JSON-RPC 2.0 §5.1); ours names the argument, and calls have a correlation id",
        even: |case| {
            let codes = (case.ours.code(), case.theirs.code());
            let is_so = case.read.rule == Rule::Call
                && codes == (Some(-32020), Some(-32020))
                && (case.ours.status, case.theirs.status) == (400, 400);
            if is_so {
                wordless(&mut case.ours);
                wordless(&mut case.theirs);
            }
            is_so
        },
    },
    Difference {
        name: "a version before its headers",
        why: "which version is meant says which headers count; rmcp asks the newest of that name",
        even: |case| {
            let is_so = case.ours.code() == Some(-32602)
                && case.read.meta().is_some_and(|meta| meta.has(META_REQUIRES));
            instead(case, is_so, Said::Error(400, -32020))
        },
    },
    Difference {
        name: "headers of an older name",
        why: "`name_v1` is held to its own headers; rmcp asks for a tool of that name, and there is none",
        even: |case| {
            let is_older = case.read.tool() == Some("mirrored_v1");
            let is_so = is_older && (case.ours.status, case.ours.code()) == (400, Some(-32020));
            instead(case, is_so, Said::Taken)
        },
    },
    Difference {
        name: "words of a refusal",
        why: "a message is for people (JSON-RPC 2.0 §5.1); ours names what to mend, and calls have a correlation id",
        even: |case| {
            // A list by an older version in `_meta` is one of the older era, whose errors are 200; rmcp answers 400.
            let is_older =
                case.read.rule == Rule::List && case.read.version().is_some_and(|version| version != MODERN);
            if is_older && (case.ours.status, case.theirs.status) == (200, 400) {
                case.theirs.status = 200;
            }
            let is_same = (case.read.rule.answer().is_some() || case.read.rule == Rule::List)
                && case.ours.status == case.theirs.status
                && case.ours.code().is_some()
                && case.ours.code() == case.theirs.code();
            if is_same {
                wordless(&mut case.ours);
                wordless(&mut case.theirs);
            }
            is_same
        },
    },
];

/// Takes that answer of rmcp's for ours, where it is so.
fn instead(case: &mut Case<'_>, is_so: bool, theirs: Said) -> bool {
    let is_so = is_so && theirs.is(case);
    if is_so {
        case.theirs = case.ours.clone();
    }
    is_so
}

/// A number that isn't finite as a double.
fn is_beyond(json: &Json) -> bool {
    matches!(json, Json::Number(number) if number.parse::<f64>().is_ok_and(|number| !number.is_finite()))
}

/// A number that `serde_json` writes otherwise than it came.
fn is_rounded(json: &Json) -> bool {
    let Json::Number(number) = json else { return false };
    let written = serde_json::from_str::<Value>(number).and_then(|value| serde_json::to_string(&value));
    written.is_ok_and(|written| written != *number)
}

/// A number of a spelling that no header has: with a fraction or an exponent.
fn is_spelled_otherwise(json: &Json) -> bool {
    matches!(json, Json::Number(number) if number.contains(['.', 'e', 'E']))
}

/// Where the arguments of a call were wrong, and by which rules.
fn violations(answer: &Answer) -> Vec<(String, String)> {
    let error =
        answer.message().map(|message| &message["result"]["_meta"]["dev.mcp-tool/error"]["violations"]);
    let all = error.and_then(Value::as_array).into_iter().flatten();
    all.map(|one| (one["pointer"].to_string(), one["rule"].as_str().unwrap_or_default().to_owned())).collect()
}

/// Takes out of an error what is for people, and its correlation id.
fn wordless(answer: &mut Answer) {
    let Some(Value::Object(error)) = answer.message_mut().and_then(|message| message.get_mut("error")) else {
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

fn result_mut(answer: &mut Answer) -> Option<&mut Value> {
    answer.message_mut()?.get_mut("result")
}
