//! Elicitation: by an `input_required` result and a repeated call (2026-07-28, modern), and by a request while the call
//! runs (2025-11-25, legacy). The server is the specimen, whose tools that ask are in `tests/src/interaction.rs`:
//!
//! | tool | asks for | returns |
//! |---|---|---|
//! | `confirms` | `sure`, a boolean, and optionally `note` | `what: sure, note or -, is the argument pin given` |
//! | `asks_twice` | a number, then another | both numbers |
//! | `asks_elsewhere` | a number, from a spawned task | the number |
//! | `sends_to_a_page` | opening a URL | the person's decision |

use std::process::Command;

use mcp_tool_runtime::{ErrorKind, Reply as ElicitationReply, prelude::*, testing::TestServer};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::harness::{HttpServer, Reply, SPECIMEN, StdioServer, kind, modern, text, tools_call};

/// Capabilities of a client that supports elicitation by forms, but not by URLs.
const FORMS: &str = r#"{"elicitation":{}}"#;

/// `_meta` that declares client capabilities.
fn declaring(capabilities: &str) -> Value {
    let capabilities: Value = serde_json::from_str(capabilities).unwrap();
    json!({ "io.modelcontextprotocol/clientCapabilities": capabilities })
}

/// Calls a tool as a 2026-07-28 client; `more` holds further members of the parameters.
fn ask(server: &HttpServer, tool: &str, arguments: Value, more: Value, meta: Value) -> Reply {
    let mut params = json!({ "name": tool, "arguments": arguments });
    for (name, value) in more.as_object().cloned().unwrap_or_default() {
        params[name] = value;
    }
    server.modern("tools/call", params, meta, &[])
}

/// Asserts that a result is `input_required`, so that the server asks, and returns its questions and state. The key of
/// a question is the name of its form type (here `confirm` or `number`), followed by `_2` for the second of that type.
fn questions_and_state(answer: &Value) -> (Map<String, Value>, Value) {
    let result = &answer["result"];
    assert_eq!(result["resultType"], "input_required", "{answer}");
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "specimen");
    (result["inputRequests"].as_object().unwrap().clone(), result["requestState"].clone())
}

/// A person's answer to a form.
fn accept(content: Value) -> Value {
    json!({ "action": "accept", "content": content })
}

/// Calls `confirms` for the first time and returns the request state.
fn first_round(server: &HttpServer, what: &str) -> Value {
    let reply = ask(server, "confirms", json!({ "what": what }), json!({}), declaring(FORMS));
    let (questions, state) = questions_and_state(&reply.json());
    assert_eq!(questions.keys().collect::<Vec<_>>(), ["confirm"]);
    state
}

/// Calls `confirms` again, with the request state and the content of the answer.
fn second_round(server: &HttpServer, what: &str, state: &Value, content: Value) -> Reply {
    let more = json!({ "requestState": state, "inputResponses": { "confirm": accept(content) } });
    ask(server, "confirms", json!({ "what": what }), more, declaring(FORMS))
}

/// Asserts that a call was refused because of its request state, and that its record has this detail:
/// `request_state_used` after the first use, or `request_state_foreign` if the server didn't create the state for this
/// call of this caller.
fn assert_state_refused(server: &HttpServer, reply: &Reply, detail: &str) {
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!(-32_602)), "{reply:?}");
    let correlation = reply.json()["error"]["data"]["dev.mcp-tool/correlationId"].clone();
    let record = server.stderr.record_of(correlation.as_str().unwrap());
    assert_eq!((&record["outcome"], &record["detail"]), (&json!("refused"), &json!(detail)), "{record}");
}

#[test]
fn call_returns_a_question_and_completes_when_repeated_with_the_answer() {
    let server = HttpServer::start(&[]);
    let reply = ask(&server, "confirms", json!({ "what": "it" }), json!({}), declaring(FORMS));
    let (questions, state) = questions_and_state(&reply.json());
    let form = json!({
        "method": "elicitation/create",
        "params": {
            "mode": "form",
            "message": "Do it?",
            "requestedSchema": {
                "type": "object",
                "properties": {
                    "sure": { "type": "boolean", "description": "Really?" },
                    "note": { "type": "string", "maxLength": 10, "description": "The reason." },
                },
                "required": ["sure"],
            },
        },
    });
    assert_eq!(Value::Object(questions), json!({ "confirm": form }));
    let first = reply.json()["result"]["_meta"]["dev.mcp-tool/correlationId"].as_str().unwrap().to_owned();
    assert_eq!(server.stderr.record_of(&first)["outcome"], "asked");

    // The form has no field `else`, so that value is ignored.
    let reply = second_round(&server, "it", &state, json!({ "sure": true, "else": 1 }));
    assert_eq!(text(&reply.json()), "it: true, -, false");
    let second = reply.json()["result"]["_meta"]["dev.mcp-tool/correlationId"].as_str().unwrap().to_owned();
    let record = server.stderr.record_of(&second);
    assert_eq!((&record["outcome"], &record["resumes"]), (&json!("ok"), &json!(first)), "{record}");
}

#[test]
fn request_state_is_valid_once_for_the_same_call_and_caller() {
    let server = HttpServer::start(&[]);
    let yes = || json!({ "sure": true });

    let state = first_round(&server, "it");
    assert_eq!(second_round(&server, "it", &state, yes()).status, 200);
    assert_state_refused(&server, &second_round(&server, "it", &state, yes()), "request_state_used");

    let state = first_round(&server, "it");
    assert_state_refused(&server, &second_round(&server, "another", &state, yes()), "request_state_foreign");
    // A refused call does not consume the state.
    assert_eq!(second_round(&server, "it", &state, yes()).status, 200);

    let state = first_round(&server, "it");
    let answers = json!({ "requestState": state, "inputResponses": { "confirm": accept(yes()) } });
    let secret = json!({ "what": "it", "pin": "1234" });
    assert_state_refused(
        &server,
        &ask(&server, "confirms", secret, answers.clone(), declaring(FORMS)),
        "request_state_foreign",
    );
    let mut meta = declaring(FORMS);
    meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "somebody else", "version": "1" });
    let reply = ask(&server, "confirms", json!({ "what": "it" }), answers.clone(), meta);
    assert_state_refused(&server, &reply, "request_state_foreign");
    assert_state_refused(
        &server,
        &ask(&server, "asks_twice", json!({}), answers, declaring(FORMS)),
        "request_state_foreign",
    );

    let sealed = state.as_str().unwrap();
    let other = if sealed.as_bytes()[40] == b'A' { "B" } else { "A" };
    for changed in [
        format!("{sealed}A"),
        sealed[1..].to_owned(),
        format!("{}{other}{}", &sealed[..40], &sealed[41..]),
        String::new(),
    ] {
        assert_state_refused(
            &server,
            &second_round(&server, "it", &json!(changed), yes()),
            "request_state_foreign",
        );
    }
    // Each process has its own random key by default.
    let other = HttpServer::start(&[]);
    assert_state_refused(&other, &second_round(&other, "it", &state, yes()), "request_state_foreign");
}

#[test]
fn replicas_with_one_seal_key_accept_each_others_request_states() {
    // 32 zero bytes in Base64.
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let start = || HttpServer::start_by(Command::new(SPECIMEN).env("MCP_TOOL_SEAL_KEYS", key), &[]);
    let (one, other) = (start(), start());
    let state = first_round(&one, "it");
    assert_eq!(second_round(&other, "it", &state, json!({ "sure": false })).status, 200);
}

#[test]
fn answer_without_its_question_is_ignored() {
    let server = HttpServer::start(&[]);
    let forged = json!({ "inputResponses": { "confirm": accept(json!({ "sure": true })) } });
    questions_and_state(&ask(&server, "confirms", json!({ "what": "it" }), forged, declaring(FORMS)).json());
    // An answer is also ignored if no question has its key.
    let state = first_round(&server, "it");
    let more =
        json!({ "requestState": state, "inputResponses": { "else": accept(json!({ "sure": true })) } });
    questions_and_state(&ask(&server, "confirms", json!({ "what": "it" }), more, declaring(FORMS)).json());
}

#[test]
fn question_is_asked_again_after_an_invalid_answer_with_the_reason() {
    let server = HttpServer::start(&[]);
    let state = first_round(&server, "it");
    let reply = second_round(&server, "it", &state, json!({ "sure": "yes", "note": "far too long" }));
    let (questions, state) = questions_and_state(&reply.json());
    let message = questions["confirm"]["params"]["message"].as_str().unwrap().to_owned();
    let expected = "Do it?\n\nThe last answer could not be used:\n/sure: must be a boolean\n/note: must be at most 10 characters, got 12";
    assert_eq!(message, expected);
    let reply = second_round(&server, "it", &state, json!({ "sure": false, "note": "no" }));
    assert_eq!(text(&reply.json()), "it: false, no, false");
}

#[test]
fn declined_or_cancelled_question_refuses_the_call() {
    let server = HttpServer::start(&[]);
    for (action, message) in [("decline", "declined"), ("cancel", "closed the question without an answer")] {
        let state = first_round(&server, "it");
        let more = json!({ "requestState": state, "inputResponses": { "confirm": { "action": action } } });
        let reply = ask(&server, "confirms", json!({ "what": "it" }), more, declaring(FORMS)).json();
        assert_eq!(kind(&reply), "refused");
        assert!(text(&reply).contains(message), "{reply}");
    }
}

#[test]
fn earlier_answers_are_carried_into_later_rounds() {
    let server = HttpServer::start(&[]);
    let (questions, state) =
        questions_and_state(&ask(&server, "asks_twice", json!({}), json!({}), declaring(FORMS)).json());
    assert_eq!(questions.keys().collect::<Vec<_>>(), ["number"]);
    let more =
        json!({ "requestState": state, "inputResponses": { "number": accept(json!({ "number": 3 })) } });
    let (questions, state) =
        questions_and_state(&ask(&server, "asks_twice", json!({}), more, declaring(FORMS)).json());
    assert_eq!(questions["number_2"]["params"]["message"], "After 3?");
    // An earlier answer cannot be changed.
    let answers =
        json!({ "number": accept(json!({ "number": 9 })), "number_2": accept(json!({ "number": 4.0 })) });
    let more = json!({ "requestState": state, "inputResponses": answers });
    assert_eq!(text(&ask(&server, "asks_twice", json!({}), more, declaring(FORMS)).json()), "3 4");
}

#[test]
fn spawned_task_can_ask_and_ends_with_its_call() {
    let server = HttpServer::start(&[]);
    let call = |more: Value| ask(&server, "asks_elsewhere", json!({}), more, declaring(FORMS)).json();
    // Repeats a call until the tool accepts it. The tool runs one call at a time, and the spawned task of the previous
    // call holds the slot until the task notices that its call has ended.
    let retrying = |more: Value| {
        let answers = std::iter::repeat_with(|| call(more.clone())).take(1_000);
        answers.into_iter().find(|answer| answer["result"]["isError"] != true).unwrap()
    };
    for number in [3, 4] {
        let (questions, state) = questions_and_state(&retrying(json!({})));
        assert_eq!(questions["number"]["params"]["message"], "Which?");
        let answer = accept(json!({ "number": number }));
        let more = json!({ "requestState": state, "inputResponses": { "number": answer } });
        assert_eq!(text(&retrying(more)), number.to_string());
    }
}

#[test]
fn oversized_input_responses_and_request_state_are_refused() {
    let server = HttpServer::start(&[]);
    let many: Map<String, Value> = (0..65).map(|number| (number.to_string(), Value::Null)).collect();
    for (more, message) in [
        (
            json!({ "inputResponses": { "x": vec![0; 40_000] } }),
            "`inputResponses`: must be at most 65536 bytes, got 80007",
        ),
        (json!({ "inputResponses": many }), "`inputResponses`: must have at most 64 members, got 65"),
        (
            json!({ "requestState": "x".repeat(70_000) }),
            "`requestState`: must be at most 65536 bytes, got 70002",
        ),
    ] {
        let reply = ask(&server, "echo", json!({ "text": "x" }), more, declaring(FORMS));
        let error = &reply.json()["error"];
        assert_eq!(
            (reply.status, &error["code"], &error["message"]),
            (400, &json!(-32_602), &json!(message))
        );
    }
    let reply = ask(
        &server,
        "echo",
        json!({ "text": "x" }),
        json!({}),
        declaring(&format!(r#"{{"x":"{}"}}"#, "x".repeat(66_000))),
    );
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!(-32_602)));
}

#[test]
fn answers_over_the_maximum_size_of_the_state_are_refused() {
    let server = HttpServer::start(&[]);
    let (_, state) =
        questions_and_state(&ask(&server, "asks_twice", json!({}), json!({}), declaring(FORMS)).json());
    // The state for the second question contains the whole first answer, with its unknown member `more`.
    let long = json!({ "number": 3, "more": "x".repeat(33 << 10) });
    let more = json!({ "requestState": state, "inputResponses": { "number": accept(long) } });
    let answer = ask(&server, "asks_twice", json!({}), more, declaring(FORMS)).json();
    assert_eq!(kind(&answer), "refused");
    assert!(text(&answer).contains("must be at most 32768 bytes"), "{answer}");
}

#[test]
fn client_without_elicitation_is_told_the_missing_capability() {
    let server = HttpServer::start(&[]);
    for (capabilities, is_url) in [("{}", false), (r#"{"elicitation":{"url":{}}}"#, false), (FORMS, true)] {
        let (tool, arguments) = match is_url {
            false => ("confirms", json!({ "what": "it" })),
            true => ("sends_to_a_page", json!({ "url": "https://example.com/" })),
        };
        let reply = ask(&server, tool, arguments, json!({}), declaring(capabilities));
        let error = &reply.json()["error"];
        assert_eq!((reply.status, &error["code"]), (400, &json!(-32_021)), "{capabilities}: {reply:?}");
        let mode = if is_url { "url" } else { "form" };
        assert_eq!(error["data"]["requiredCapabilities"], json!({ "elicitation": { mode: {} } }));
    }
    // A 2025-11-25 client without a session cannot receive requests while its call runs.
    let answer = server.call("confirms", json!({ "what": "it" }));
    assert_eq!(kind(&answer), "client_capability");
    assert_eq!(text(&answer), "this client can't be asked: it lacks `elicitation.form`");
    // Nor can it send a request state, which only 2026-07-28 has.
    let params = json!({ "name": "confirms", "arguments": { "what": "it" }, "requestState": "x" });
    let reply =
        server.post(&[], &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }));
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!(-32_602)));
}

#[test]
fn url_elicitation_refuses_unsafe_urls() {
    let server = HttpServer::start(&[]);
    let open_page = |url: &str, more: Value| {
        ask(
            &server,
            "sends_to_a_page",
            json!({ "url": url }),
            more,
            declaring(r#"{"elicitation":{"url":{}}}"#),
        )
        .json()
    };
    let (questions, state) = questions_and_state(&open_page("https://example.com/sign-in", json!({})));
    let params = &questions["open"]["params"];
    assert_eq!(
        params,
        &json!({ "mode": "url", "message": "Sign in there.", "url": "https://example.com/sign-in" })
    );
    let more = json!({ "requestState": state, "inputResponses": { "open": { "action": "accept" } } });
    assert_eq!(text(&open_page("https://example.com/sign-in", more)), "Accepted(())");
    // `http` is accepted only on this machine, and a user name in the URL never.
    for url in ["http://example.com/", "javascript:alert(1)", "https://a:b@example.com/"] {
        assert_eq!(kind(&open_page(url, json!({}))), "refused", "{url}");
    }
}

/// A server with a 2025-11-25 client that supports elicitation.
fn with_elicitation(flags: &[&str]) -> StdioServer {
    StdioServer::initialized_with(json!({ "elicitation": { "form": {}, "url": {} } }), flags)
}

/// Sends a call with the id `asks`, without waiting for the answer.
fn begin(server: &mut StdioServer, tool: &str, arguments: Value) {
    server.send(&tools_call("asks", tool, arguments).to_string());
}

/// Receives the next elicitation request of the server.
fn receive_question(server: &mut StdioServer) -> Value {
    let request = server.receive();
    assert!(request.get("id").is_some() && request["method"] == "elicitation/create", "{request}");
    request
}

/// Responds to a request of the server.
fn respond(server: &mut StdioServer, request: &Value, result: Value) {
    server.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }).to_string());
}

#[test]
fn legacy_stdio_client_is_asked_while_the_call_waits() {
    let mut server = with_elicitation(&[]);
    begin(&mut server, "confirms", json!({ "what": "it" }));
    let question = receive_question(&mut server);
    assert_eq!(question["params"]["message"], "Do it?");
    // Other calls run meanwhile. After an invalid answer, the question is asked again.
    assert_eq!(text(&server.call("echo", json!({ "text": "meanwhile" }))), "meanwhile");
    respond(&mut server, &question, accept(json!({ "sure": 1 })));
    let again = receive_question(&mut server);
    assert!(again["params"]["message"].as_str().unwrap().ends_with("/sure: must be a boolean"), "{again}");
    respond(&mut server, &again, accept(json!({ "sure": true, "note": "yes" })));
    assert_eq!(text(&server.answer(&json!("asks"))), "it: true, yes, false");

    begin(&mut server, "sends_to_a_page", json!({ "url": "https://example.com/" }));
    let question = receive_question(&mut server);
    assert!(question["params"]["elicitationId"].is_string(), "{question}");
    respond(&mut server, &question, json!({ "action": "decline" }));
    assert_eq!(text(&server.answer(&json!("asks"))), "Declined");
}

#[test]
fn waiting_for_an_answer_does_not_count_toward_the_timeout() {
    let mut server = with_elicitation(&["--timeout", "100ms"]);
    begin(&mut server, "confirms", json!({ "what": "it" }));
    let question = receive_question(&mut server);
    std::thread::sleep(std::time::Duration::from_millis(300));
    respond(&mut server, &question, accept(json!({ "sure": true })));
    assert_eq!(text(&server.answer(&json!("asks"))), "it: true, -, false");
}

#[test]
fn call_fails_immediately_if_the_stdio_client_cannot_ask_the_person() {
    let mut server = with_elicitation(&[]);
    begin(&mut server, "confirms", json!({ "what": "it" }));
    let question = receive_question(&mut server);
    let error = json!({ "code": -32_603, "message": "nobody is there" });
    server.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "error": error }).to_string());
    let answer = server.answer(&json!("asks"));
    assert_eq!((kind(&answer), text(&answer)), ("refused", "the question was refused: nobody is there"));

    // This client declares no elicitation.
    let mut other = StdioServer::initialized(&[]);
    assert_eq!(kind(&other.call("confirms", json!({ "what": "it" }))), "client_capability");
}

#[test]
fn open_question_is_cancelled_when_its_call_is_cancelled() {
    let mut server = with_elicitation(&[]);
    begin(&mut server, "confirms", json!({ "what": "it" }));
    let question = receive_question(&mut server);
    let cancelled = json!({ "requestId": "asks", "reason": "the user went on" });
    server.send(
        &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled }).to_string(),
    );
    let cancelled = server.receive();
    assert_eq!(
        (&cancelled["method"], &cancelled["params"]["requestId"]),
        (&json!("notifications/cancelled"), &question["id"]),
        "{cancelled}"
    );
    // A late answer is ignored, and a question that was answered in time isn't cancelled later.
    respond(&mut server, &question, accept(json!({ "sure": true })));
    begin(&mut server, "confirms", json!({ "what": "it" }));
    let question = receive_question(&mut server);
    respond(&mut server, &question, accept(json!({ "sure": false })));
    assert_eq!(text(&server.answer(&json!("asks"))), "it: false, -, false");
    assert_eq!(text(&server.call("echo", json!({ "text": "last" }))), "last");
    assert_eq!(server.notifications, Vec::<Value>::new());
}

#[test]
fn modern_stdio_call_asks_in_its_result() {
    let mut server = StdioServer::start(&[]);
    let call = |id: i64, more: Value| {
        let mut params = json!({ "name": "confirms", "arguments": { "what": "it" } });
        for (name, value) in more.as_object().cloned().unwrap_or_default() {
            params[name] = value;
        }
        modern(id, "tools/call", params, declaring(FORMS)).to_string()
    };
    server.send(&call(1, json!({})));
    let (_, state) = questions_and_state(&server.answer(&json!(1)));
    let more =
        json!({ "requestState": state, "inputResponses": { "confirm": accept(json!({ "sure": true })) } });
    server.send(&call(2, more));
    assert_eq!(text(&server.answer(&json!(2))), "it: true, -, false");
}

#[test]
fn open_questions_per_caller_are_limited() {
    let mut server = with_elicitation(&[]);
    for id in 0..17 {
        server.send(&tools_call(id, "confirms", json!({ "what": "it" })).to_string());
    }
    let (mut asked, mut refused) = (0, 0);
    for _ in 0..17 {
        let message = server.receive();
        match message.get("method") {
            Some(_) => asked += 1,
            None => {
                assert_eq!(kind(&message), "unavailable");
                refused += 1;
            }
        }
    }
    assert_eq!((asked, refused), (16, 1));
}

/// A consent form.
#[derive(Deserialize, ToolSchema)]
struct Consent {
    /// True if the person consents.
    may: bool,
}

/// Asks for consent; runs only as a task.
#[mcp_tool(version = "1.0", public, task(required))]
async fn consents(cx: &CallContext) -> Result<String, ToolError> {
    let Consent { may } = cx.ask::<Consent>("May it?").await?.required()?;
    Ok(may.to_string())
}

#[tokio::test]
async fn test_server_answers_questions_with_a_closure() {
    let server = TestServer::start(ToolServer::new("asks", "1.0.0").tools(tools![consents])).await.unwrap();
    // By default, the caller of a test server can't be asked.
    let refused = server.call("consents", json!({})).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorKind::ClientCapability));
    let consenting = server.answering(|asked| {
        assert_eq!(
            (&asked["message"], &asked["requestedSchema"]["required"]),
            (&json!("May it?"), &json!(["may"]))
        );
        ElicitationReply::Accepted(json!({ "may": true }))
    });
    assert_eq!(consenting.call("consents", json!({})).await.unwrap().text(), "true");
    let declining = server.answering(|_| ElicitationReply::Declined);
    let refused = declining.call("consents", json!({})).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorKind::Refused));
}
