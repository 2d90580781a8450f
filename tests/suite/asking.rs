//! Asking the person behind a call: by a result that asks and a call that answers, and by a request while it runs.

use std::process::Command;

use mcp_tool_runtime::{ErrorKind, Reply as Replied, prelude::*, testing::TestServer};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::harness::{HttpServer, Reply, SPECIMEN, StdioServer, kind, modern, text};

/// What a client says that it can be asked.
const FORMS: &str = r#"{"elicitation":{}}"#;

fn can(capabilities: &str) -> Value {
    let capabilities: Value = serde_json::from_str(capabilities).unwrap();
    json!({ "io.modelcontextprotocol/clientCapabilities": capabilities })
}

fn ask(server: &HttpServer, tool: &str, arguments: Value, more: Value, meta: Value) -> Reply {
    let mut params = json!({ "name": tool, "arguments": arguments });
    for (name, value) in more.as_object().cloned().unwrap_or_default() {
        params[name] = value;
    }
    server.modern("tools/call", params, meta, &[])
}

/// The questions of a result that asks, and its state.
fn asked(answer: &Value) -> (Map<String, Value>, Value) {
    let result = &answer["result"];
    assert_eq!(result["resultType"], "input_required", "{answer}");
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "specimen");
    (result["inputRequests"].as_object().unwrap().clone(), result["requestState"].clone())
}

fn accept(content: Value) -> Value {
    json!({ "action": "accept", "content": content })
}

/// The first round of `confirms`, and the state that it gave.
fn first_round(server: &HttpServer, what: &str) -> Value {
    let reply = ask(server, "confirms", json!({ "what": what }), json!({}), can(FORMS));
    let (questions, state) = asked(&reply.json());
    assert_eq!(questions.keys().collect::<Vec<_>>(), ["confirm"]);
    state
}

fn second_round(server: &HttpServer, what: &str, state: &Value, content: Value) -> Reply {
    let more = json!({ "requestState": state, "inputResponses": { "confirm": accept(content) } });
    ask(server, "confirms", json!({ "what": what }), more, can(FORMS))
}

/// A call that was refused for its state: nothing ran, and the record says why.
fn refused(server: &HttpServer, reply: &Reply, why: &str) {
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!(-32_602)), "{reply:?}");
    let correlation = reply.json()["error"]["data"]["dev.mcp-tool/correlationId"].clone();
    let record = server.stderr.record_of(correlation.as_str().unwrap());
    assert_eq!((&record["outcome"], &record["detail"]), (&json!("refused"), &json!(why)), "{record}");
}

#[test]
fn a_call_asks_and_is_made_anew_with_the_answer() {
    let server = HttpServer::start(&[]);
    let reply = ask(&server, "confirms", json!({ "what": "it" }), json!({}), can(FORMS));
    let (questions, state) = asked(&reply.json());
    let form = json!({
        "method": "elicitation/create",
        "params": {
            "mode": "form",
            "message": "Do it?",
            "requestedSchema": {
                "type": "object",
                "properties": {
                    "sure": { "type": "boolean", "description": "Really?" },
                    "note": { "type": "string", "maxLength": 10, "description": "Why." },
                },
                "required": ["sure"],
            },
        },
    });
    assert_eq!(Value::Object(questions), json!({ "confirm": form }));
    let first = reply.json()["result"]["_meta"]["dev.mcp-tool/correlationId"].as_str().unwrap().to_owned();
    assert_eq!(server.stderr.record_of(&first)["outcome"], "asked");

    let reply = second_round(&server, "it", &state, json!({ "sure": true, "else": 1 }));
    assert_eq!(text(&reply.json()), "it: true, -, false");
    let second = reply.json()["result"]["_meta"]["dev.mcp-tool/correlationId"].as_str().unwrap().to_owned();
    let record = server.stderr.record_of(&second);
    assert_eq!((&record["outcome"], &record["resumes"]), (&json!("ok"), &json!(first)), "{record}");
}

#[test]
fn an_answer_holds_once_for_its_call_and_its_caller() {
    let server = HttpServer::start(&[]);
    let yes = || json!({ "sure": true });

    let state = first_round(&server, "it");
    assert_eq!(second_round(&server, "it", &state, yes()).status, 200);
    refused(&server, &second_round(&server, "it", &state, yes()), "request_state_used");

    let state = first_round(&server, "it");
    refused(&server, &second_round(&server, "another", &state, yes()), "request_state_foreign");
    // Whoever was refused hasn't used it up.
    assert_eq!(second_round(&server, "it", &state, yes()).status, 200);

    let state = first_round(&server, "it");
    let answers = json!({ "requestState": state, "inputResponses": { "confirm": accept(yes()) } });
    let secret = json!({ "what": "it", "pin": "1234" });
    refused(&server, &ask(&server, "confirms", secret, answers.clone(), can(FORMS)), "request_state_foreign");
    let mut meta = can(FORMS);
    meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "somebody else", "version": "1" });
    let reply = ask(&server, "confirms", json!({ "what": "it" }), answers.clone(), meta);
    refused(&server, &reply, "request_state_foreign");
    refused(&server, &ask(&server, "asks_twice", json!({}), answers, can(FORMS)), "request_state_foreign");

    let sealed = state.as_str().unwrap();
    for changed in [
        format!("{sealed}A"),
        sealed[1..].to_owned(),
        sealed.replacen(&sealed[40..41], "_", 1),
        String::new(),
    ] {
        refused(&server, &second_round(&server, "it", &json!(changed), yes()), "request_state_foreign");
    }
    // Another process has another key.
    let other = HttpServer::start(&[]);
    refused(&other, &second_round(&other, "it", &state, yes()), "request_state_foreign");
}

#[test]
fn replicas_with_one_key_take_each_others_states() {
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let start = || HttpServer::start_by(Command::new(SPECIMEN).env("MCP_TOOL_SEAL_KEYS", key), &[]);
    let (one, other) = (start(), start());
    let state = first_round(&one, "it");
    assert_eq!(second_round(&other, "it", &state, json!({ "sure": false })).status, 200);
}

#[test]
fn an_answer_without_its_question_is_asked_for() {
    let server = HttpServer::start(&[]);
    let forged = json!({ "inputResponses": { "confirm": accept(json!({ "sure": true })) } });
    asked(&ask(&server, "confirms", json!({ "what": "it" }), forged, can(FORMS)).json());
    // Nor does one count that is to another key.
    let state = first_round(&server, "it");
    let more =
        json!({ "requestState": state, "inputResponses": { "else": accept(json!({ "sure": true })) } });
    asked(&ask(&server, "confirms", json!({ "what": "it" }), more, can(FORMS)).json());
}

#[test]
fn what_is_no_answer_is_asked_for_again_with_the_reason() {
    let server = HttpServer::start(&[]);
    let state = first_round(&server, "it");
    let reply = second_round(&server, "it", &state, json!({ "sure": "yes", "note": "far too long" }));
    let (questions, state) = asked(&reply.json());
    let message = questions["confirm"]["params"]["message"].as_str().unwrap().to_owned();
    let expected = "Do it?\n\nThe answer before could not be used:\n/sure: a boolean wanted\n/note: 12 characters, at most 10 allowed";
    assert_eq!(message, expected);
    let reply = second_round(&server, "it", &state, json!({ "sure": false, "note": "no" }));
    assert_eq!(text(&reply.json()), "it: false, no, false");
}

#[test]
fn a_person_may_decline() {
    let server = HttpServer::start(&[]);
    for (action, said) in [("decline", "declined"), ("cancel", "put the question away")] {
        let state = first_round(&server, "it");
        let more = json!({ "requestState": state, "inputResponses": { "confirm": { "action": action } } });
        let reply = ask(&server, "confirms", json!({ "what": "it" }), more, can(FORMS)).json();
        assert_eq!(kind(&reply), "refused");
        assert!(text(&reply).contains(said), "{reply}");
    }
}

#[test]
fn answers_are_carried_from_round_to_round() {
    let server = HttpServer::start(&[]);
    let (questions, state) = asked(&ask(&server, "asks_twice", json!({}), json!({}), can(FORMS)).json());
    assert_eq!(questions.keys().collect::<Vec<_>>(), ["number"]);
    let more =
        json!({ "requestState": state, "inputResponses": { "number": accept(json!({ "number": 3 })) } });
    let (questions, state) = asked(&ask(&server, "asks_twice", json!({}), more, can(FORMS)).json());
    assert_eq!(questions["number_2"]["params"]["message"], "After 3?");
    // What was answered before can't be changed any more.
    let answers =
        json!({ "number": accept(json!({ "number": 9 })), "number_2": accept(json!({ "number": 4.0 })) });
    let more = json!({ "requestState": state, "inputResponses": answers });
    assert_eq!(text(&ask(&server, "asks_twice", json!({}), more, can(FORMS)).json()), "3 4");
}

#[test]
fn what_a_function_spawned_asks_too_and_ends_with_the_call() {
    let server = HttpServer::start(&[]);
    let call = |more: Value| ask(&server, "asks_elsewhere", json!({}), more, can(FORMS)).json();
    // There is one place, which its task gives back as soon as it hears of the end.
    let patiently = |more: Value| {
        let answers = std::iter::repeat_with(|| call(more.clone())).take(1_000);
        answers.into_iter().find(|answer| answer["result"]["isError"] != true).unwrap()
    };
    for number in [3, 4] {
        let (questions, state) = asked(&patiently(json!({})));
        assert_eq!(questions["number"]["params"]["message"], "Which?");
        let answer = accept(json!({ "number": number }));
        let more = json!({ "requestState": state, "inputResponses": { "number": answer } });
        assert_eq!(text(&patiently(more)), number.to_string());
    }
}

#[test]
fn what_comes_back_is_bounded_before_it_is_read() {
    let server = HttpServer::start(&[]);
    let many: Map<String, Value> = (0..65).map(|number| (number.to_string(), Value::Null)).collect();
    for (more, said) in [
        (
            json!({ "inputResponses": { "x": vec![0; 40_000] } }),
            "`inputResponses` has 80007 bytes, and 65536 are allowed",
        ),
        (json!({ "inputResponses": many }), "`inputResponses` has 65 members, and 64 are allowed"),
        (
            json!({ "requestState": "x".repeat(70_000) }),
            "`requestState` has 70002 bytes, and 65536 are allowed",
        ),
    ] {
        let reply = ask(&server, "echo", json!({ "text": "x" }), more, can(FORMS));
        let error = &reply.json()["error"];
        assert_eq!((reply.status, &error["code"], &error["message"]), (400, &json!(-32_602), &json!(said)));
    }
    let reply = ask(
        &server,
        "echo",
        json!({ "text": "x" }),
        json!({}),
        can(&format!(r#"{{"x":"{}"}}"#, "x".repeat(66_000))),
    );
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!(-32_602)));
}

#[test]
fn answers_that_are_too_long_to_be_carried_are_refused() {
    let server = HttpServer::start(&[]);
    let (_, state) = asked(&ask(&server, "asks_twice", json!({}), json!({}), can(FORMS)).json());
    let long = json!({ "number": 3, "more": "x".repeat(33 << 10) });
    let more = json!({ "requestState": state, "inputResponses": { "number": accept(long) } });
    let answer = ask(&server, "asks_twice", json!({}), more, can(FORMS)).json();
    assert_eq!(kind(&answer), "refused");
    assert!(text(&answer).contains("at most 32768 are carried"), "{answer}");
}

#[test]
fn a_client_that_can_t_be_asked_is_told_what_it_lacks() {
    let server = HttpServer::start(&[]);
    for (capabilities, url) in [("{}", false), (r#"{"elicitation":{"url":{}}}"#, false), (FORMS, true)] {
        let (tool, arguments) = match url {
            false => ("confirms", json!({ "what": "it" })),
            true => ("sends_to_a_page", json!({ "url": "https://example.com/" })),
        };
        let reply = ask(&server, tool, arguments, json!({}), can(capabilities));
        let error = &reply.json()["error"];
        assert_eq!((reply.status, &error["code"]), (400, &json!(-32_021)), "{capabilities}: {reply:?}");
        let mode = if url { "url" } else { "form" };
        assert_eq!(error["data"]["requiredCapabilities"], json!({ "elicitation": { mode: {} } }));
    }
    // In the older era without a session, nothing can be sent to a client while its call runs.
    let answer = server.call("confirms", json!({ "what": "it" }));
    assert_eq!(kind(&answer), "client_capability");
    assert_eq!(text(&answer), "this client can't be asked: it lacks `elicitation.form`");
    let state = json!({ "name": "confirms", "arguments": { "what": "it" }, "requestState": "x" });
    let reply =
        server.post(&[], &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": state }));
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!(-32_602)));
}

#[test]
fn a_person_is_sent_to_pages_of_https_alone() {
    let server = HttpServer::start(&[]);
    let go = |url: &str, more: Value| {
        ask(&server, "sends_to_a_page", json!({ "url": url }), more, can(r#"{"elicitation":{"url":{}}}"#))
            .json()
    };
    let (questions, state) = asked(&go("https://example.com/sign-in", json!({})));
    let params = &questions["open"]["params"];
    assert_eq!(
        params,
        &json!({ "mode": "url", "message": "Sign in there.", "url": "https://example.com/sign-in" })
    );
    let more = json!({ "requestState": state, "inputResponses": { "open": { "action": "accept" } } });
    assert_eq!(text(&go("https://example.com/sign-in", more)), "Accepted(())");
    for url in ["http://example.com/", "javascript:alert(1)", "https://a:b@example.com/"] {
        assert_eq!(kind(&go(url, json!({}))), "refused", "{url}");
    }
}

/// A client of 2025-11-25 over stdio that can be asked.
fn asked_over_stdio(flags: &[&str]) -> StdioServer {
    let mut server = StdioServer::start(flags);
    let hello = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": { "elicitation": { "form": {}, "url": {} } },
        "clientInfo": { "name": "harness", "version": "1" },
    });
    server.request("initialize", hello);
    server.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string());
    server
}

fn begin(server: &mut StdioServer, tool: &str, arguments: Value) {
    let params = json!({ "name": tool, "arguments": arguments });
    let call = json!({ "jsonrpc": "2.0", "id": "asks", "method": "tools/call", "params": params });
    server.send(&call.to_string());
}

/// The next request of the server's.
fn request(server: &mut StdioServer) -> Value {
    let request = server.receive();
    assert!(request.get("id").is_some() && request["method"] == "elicitation/create", "{request}");
    request
}

fn respond(server: &mut StdioServer, request: &Value, result: Value) {
    server.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }).to_string());
}

#[test]
fn over_stdio_the_client_is_asked_while_the_call_waits() {
    let mut server = asked_over_stdio(&[]);
    begin(&mut server, "confirms", json!({ "what": "it" }));
    let question = request(&mut server);
    assert_eq!(question["params"]["message"], "Do it?");
    // What isn't an answer is asked for again, and other calls go on meanwhile.
    assert_eq!(text(&server.call("echo", json!({ "text": "meanwhile" }))), "meanwhile");
    respond(&mut server, &question, accept(json!({ "sure": 1 })));
    let again = request(&mut server);
    assert!(again["params"]["message"].as_str().unwrap().ends_with("/sure: a boolean wanted"), "{again}");
    respond(&mut server, &again, accept(json!({ "sure": true, "note": "yes" })));
    assert_eq!(text(&server.answer(&json!("asks"))), "it: true, yes, false");

    begin(&mut server, "sends_to_a_page", json!({ "url": "https://example.com/" }));
    let question = request(&mut server);
    assert!(question["params"]["elicitationId"].is_string(), "{question}");
    respond(&mut server, &question, json!({ "action": "decline" }));
    assert_eq!(text(&server.answer(&json!("asks"))), "Declined");
}

#[test]
fn what_a_person_takes_is_no_time_of_the_call() {
    let mut server = asked_over_stdio(&["--timeout", "100ms"]);
    begin(&mut server, "confirms", json!({ "what": "it" }));
    let question = request(&mut server);
    std::thread::sleep(std::time::Duration::from_millis(300));
    respond(&mut server, &question, accept(json!({ "sure": true })));
    assert_eq!(text(&server.answer(&json!("asks"))), "it: true, -, false");
}

#[test]
fn a_client_that_refuses_to_ask_or_can_t_be_asked_over_stdio_is_no_reason_to_wait() {
    let mut server = asked_over_stdio(&[]);
    begin(&mut server, "confirms", json!({ "what": "it" }));
    let question = request(&mut server);
    let error = json!({ "code": -32_603, "message": "nobody is there" });
    server.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "error": error }).to_string());
    let answer = server.answer(&json!("asks"));
    assert_eq!((kind(&answer), text(&answer)), ("refused", "the client refused to ask: nobody is there"));

    let mut other = StdioServer::initialized(&[]);
    assert_eq!(kind(&other.call("confirms", json!({ "what": "it" }))), "client_capability");
}

#[test]
fn a_question_is_taken_back_when_its_call_ends() {
    let mut server = asked_over_stdio(&[]);
    begin(&mut server, "confirms", json!({ "what": "it" }));
    let question = request(&mut server);
    let cancelled = json!({ "requestId": "asks", "reason": "the user went on" });
    server.send(
        &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled }).to_string(),
    );
    let taken_back = server.receive();
    assert_eq!(
        (&taken_back["method"], &taken_back["params"]["requestId"]),
        (&json!("notifications/cancelled"), &question["id"]),
        "{taken_back}"
    );
    // One that was answered isn't, and an answer that comes too late is nobody's.
    respond(&mut server, &question, accept(json!({ "sure": true })));
    begin(&mut server, "confirms", json!({ "what": "it" }));
    let question = request(&mut server);
    respond(&mut server, &question, accept(json!({ "sure": false })));
    assert_eq!(text(&server.answer(&json!("asks"))), "it: false, -, false");
    assert_eq!(text(&server.call("echo", json!({ "text": "last" }))), "last");
    assert_eq!(server.notifications, Vec::<Value>::new());
}

#[test]
fn over_stdio_the_newer_era_asks_by_its_result() {
    let mut server = StdioServer::start(&[]);
    let call = |id: i64, more: Value| {
        let mut params = json!({ "name": "confirms", "arguments": { "what": "it" } });
        for (name, value) in more.as_object().cloned().unwrap_or_default() {
            params[name] = value;
        }
        modern(id, "tools/call", params, can(FORMS)).to_string()
    };
    server.send(&call(1, json!({})));
    let (_, state) = asked(&server.answer(&json!(1)));
    let more =
        json!({ "requestState": state, "inputResponses": { "confirm": accept(json!({ "sure": true })) } });
    server.send(&call(2, more));
    assert_eq!(text(&server.answer(&json!(2))), "it: true, -, false");
}

#[test]
fn one_caller_waits_for_so_many_answers_and_no_more() {
    let mut server = asked_over_stdio(&[]);
    for id in 0..17 {
        let params = json!({ "name": "confirms", "arguments": { "what": "it" } });
        server.send(
            &json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string(),
        );
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

/// Whether it may be.
#[derive(Deserialize, ToolSchema)]
struct Consent {
    /// Whether it may.
    may: bool,
}

/// Asks, and can be nothing but a task.
#[mcp_tool(version = "1.0", public, task(required))]
async fn consents(cx: &CallContext) -> Result<String, ToolError> {
    let Consent { may } = cx.ask::<Consent>("May it?").await?.required()?;
    Ok(may.to_string())
}

#[tokio::test]
async fn an_author_answers_for_the_person() {
    let server = TestServer::start(ToolServer::new("asks", "1.0.0").tools(tools![consents])).await.unwrap();
    let nobody = server.call("consents", json!({})).await.unwrap_err();
    assert_eq!(nobody.kind(), Some(ErrorKind::ClientCapability));
    let willing = server.answering(|asked| {
        assert_eq!(
            (&asked["message"], &asked["requestedSchema"]["required"]),
            (&json!("May it?"), &json!(["may"]))
        );
        Replied::Accepted(json!({ "may": true }))
    });
    assert_eq!(willing.call("consents", json!({})).await.unwrap().text(), "true");
    let unwilling = server.answering(|_| Replied::Declined);
    let refused = unwilling.call("consents", json!({})).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorKind::Refused));
}
