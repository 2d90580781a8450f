//! Fallback handlers: prompts and resources that an application serves in addition to its tools. The handlers of the
//! specimen, the test server, are in `tests/src/fallback.rs`, with the tool `changes`, which announces that a resource
//! or the prompts changed.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{HttpServer, SPECIMEN, StdioServer, modern, until};

/// The specimen with a fallback handler for prompts. It returns any prompt by name, except that `panics` panics and
/// `hangs` never returns. The only listed prompt has the caller as its description.
fn with_prompts() -> Command {
    let mut command = Command::new(SPECIMEN);
    command.env("SPECIMEN_FALLBACK", "1");
    command
}

#[test]
fn only_declared_methods_are_served() {
    let server = HttpServer::start_by(&mut with_prompts(), &[]);
    let ask = |method: &str, params: Value| server.modern(method, params, json!({}), &[]);
    let declared = &ask("server/discover", json!({})).json()["result"]["capabilities"];
    assert_eq!(declared["prompts"], json!({ "listChanged": true }));
    assert_eq!((declared.get("resources"), &declared["tools"]["listChanged"]), (None, &json!(true)));
    let answer = ask("prompts/get", json!({ "name": "hello" })).json();
    assert_eq!(answer["result"]["messages"][0]["content"]["text"], "hello");
    for answer in [answer, ask("prompts/list", json!({})).json()] {
        assert_eq!(answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "specimen");
    }
    // rmcp's default handlers would answer the list methods with empty lists.
    for method in ["resources/list", "resources/templates/list", "skills/list", "x/y"] {
        let reply = ask(method, json!({}));
        assert_eq!(reply.json()["error"]["code"], -32_601, "{method}: {reply:?}");
    }
    // Tools are still served by the framework.
    assert_eq!(server.call("echo", json!({ "text": "x" }))["result"]["content"][0]["text"], "x");
}

#[test]
fn fallback_handler_can_read_the_caller() {
    let server = HttpServer::start_by(&mut with_prompts(), &[]);
    let reply = server.modern("prompts/list", json!({}), json!({}), &[]).json();
    let description =
        reply["result"]["prompts"][0]["description"].as_str().unwrap_or_else(|| panic!("{reply}"));
    assert!(description.contains("harness"), "{description}");
    let mut server = StdioServer::initialized_by(&mut with_prompts(), &[]);
    let reply = server.request("prompts/list", json!({}));
    let description =
        reply["result"]["prompts"][0]["description"].as_str().unwrap_or_else(|| panic!("{reply}"));
    assert!(description.contains("harness"), "{description}");
}

#[test]
fn members_named_like_ids_reach_the_handler_and_the_tool_unchanged() {
    let params = r#"{"requestId":9223372036854775808,"progressToken":9223372036854775809,"arguments":null}"#;
    let echo = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"vendor/echo","params":{params}}}"#);
    let call = format!(
        r#"{{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{{"name":"echo","arguments":{params}}}}}"#
    );
    let received: Value = serde_json::from_str(params).unwrap();
    // The server refuses these names as those of arguments, and names them.
    let refused = |answer: &Value| {
        let text = answer.to_string();
        assert!(text.contains("requestId") && text.contains("progressToken"), "{answer}");
    };
    let mut stdio = StdioServer::initialized_by(&mut with_prompts(), &[]);
    stdio.send(&echo);
    assert_eq!(stdio.answer(&json!(1))["result"]["params"], received);
    stdio.send(&call);
    refused(&stdio.answer(&json!(2)));
    let http = HttpServer::start_by(&mut with_prompts(), &["--legacy-sessions", "5"]);
    let session = http.open_session(&[]);
    let headers = [("Mcp-Session-Id", session.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
    let reply = http.send("POST", "/mcp", &headers, echo.as_bytes());
    assert!(reply.body.contains(&received.to_string()), "{reply:?}");
    let reply = http.send("POST", "/mcp", &headers, call.as_bytes());
    refused(&Value::from(reply.body));
}

#[test]
fn fallback_handler_times_out_and_its_panics_become_errors() {
    let server = HttpServer::start_by(&mut with_prompts(), &["--timeout", "200ms"]);
    let get = |name: &str| server.modern("prompts/get", json!({ "name": name }), json!({}), &[]).json();
    let failed = get("panics");
    assert_eq!(failed["error"]["code"], -32_603, "{failed}");
    assert!(!failed.to_string().contains("secret"), "{failed}");
    let late = get("hangs");
    assert_eq!(
        (&late["error"]["code"], &late["error"]["message"]),
        (&json!(-32_603), &json!("the request timed out"))
    );
    assert_eq!(get("hello")["result"]["messages"][0]["content"]["text"], "hello");
}

#[test]
fn fallback_handler_announces_changes() {
    let mut server = StdioServer::initialized_by(&mut with_prompts(), &[]);
    // The notification stream of a new client may not be open yet.
    until("a prompt list change was announced", || {
        server.call("changes", json!({}));
        let mut received = server.notifications.iter();
        received.any(|message| message["method"] == "notifications/prompts/list_changed")
    });
}

/// URIs of the received `resources/updated` notifications.
fn updated(server: &StdioServer) -> Vec<Value> {
    let received = server.notifications.iter();
    let updates = received.filter(|message| message["method"] == "notifications/resources/updated");
    updates.map(|message| message["params"]["uri"].clone()).collect()
}

/// The specimen with a fallback handler for resources, which accepts subscriptions only of URIs under `file:///own/`.
fn with_resources() -> Command {
    let mut command = Command::new(SPECIMEN);
    command.env("SPECIMEN_FALLBACK", "resources");
    command
}

#[test]
fn legacy_client_is_notified_only_of_resources_it_subscribed_to() {
    let mut server = StdioServer::initialized_by(&mut with_resources(), &[]);
    let request = |server: &mut StdioServer, method: &str, uri: &str| {
        server.request(&format!("resources/{method}"), json!({ "uri": uri }))
    };
    assert_eq!(request(&mut server, "subscribe", "file:///own/a")["result"], json!({}));
    assert_eq!(request(&mut server, "subscribe", "file:///else/a")["error"]["code"], -32_602);
    let long = format!("file:///own/{}", "a".repeat(2_048));
    let refused = request(&mut server, "subscribe", &long);
    assert!(refused["error"]["message"].as_str().unwrap().contains("at most 2048 bytes"), "{refused}");
    // The notification stream of a new client may not be open yet.
    until("a resource update was announced", || {
        for uri in ["file:///else/a", "file:///own/b", "file:///own/a"] {
            server.call("changes", json!({ "resource": uri }));
        }
        !updated(&server).is_empty()
    });
    request(&mut server, "unsubscribe", "file:///own/a");
    assert!(updated(&server).iter().all(|uri| uri == "file:///own/a"), "{:?}", server.notifications);
    // Notifications arrive in order, so all earlier ones arrive before that of a changed list of prompts.
    let flush = |server: &mut StdioServer| {
        server.call("changes", json!({}));
        until("a changed list of prompts was announced", || {
            server.call("echo", json!({ "text": "x" }));
            let mut received = server.notifications.iter();
            received.any(|message| message["method"] == "notifications/prompts/list_changed")
        });
    };
    flush(&mut server);
    server.notifications.clear();
    server.call("changes", json!({ "resource": "file:///own/a" }));
    flush(&mut server);
    assert_eq!(updated(&server), Vec::<Value>::new());
}

#[test]
fn modern_stream_is_notified_of_resources_that_the_handler_accepts() {
    let listen = |id: i64, uris: Value| {
        let params = json!({ "notifications": { "resourceSubscriptions": uris } });
        modern(id, "subscriptions/listen", params, json!({})).to_string()
    };
    let accepted = |server: &mut StdioServer| {
        let acknowledged = server.receive();
        assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged", "{acknowledged}");
        acknowledged["params"]["notifications"]["resourceSubscriptions"].clone()
    };
    let change = |server: &mut StdioServer, id: i64, uri: &str| {
        let call = json!({ "name": "changes", "arguments": { "resource": uri } });
        server.send(&modern(id, "tools/call", call, json!({})).to_string());
    };
    let mut server = StdioServer::start_by(&mut with_resources(), &[]);
    server.send(&listen(1, json!(["file:///own/a", "file:///else/a"])));
    assert_eq!(accepted(&mut server), json!(["file:///own/a"]));
    change(&mut server, 2, "file:///else/a");
    server.answer(&json!(2));
    change(&mut server, 3, "file:///own/a");
    server.answer(&json!(3));
    // The update of `file:///own/a` may still be on its way. Changes of other resources aren't announced.
    until("a resource update was announced", || {
        change(&mut server, 4, "file:///own/b");
        server.answer(&json!(4));
        !updated(&server).is_empty()
    });
    assert_eq!(updated(&server), [json!("file:///own/a")]);

    // If the handler panics, the stream ends with an error that doesn't show the panic's message.
    server.send(&listen(9, json!(["file:///own/panics"])));
    assert_eq!(accepted(&mut server), json!(["file:///own/panics"]));
    let failed = server.answer(&json!(9));
    assert_eq!(failed["error"]["code"], -32_603, "{failed}");
    assert!(!failed.to_string().contains("secret"), "{failed}");
    server.stderr.line_with(&["the fallback handler panicked"]);

    // If the handler accepts no subscriptions (`silent`), the server acknowledges none.
    let mut server = StdioServer::start_by(with_prompts().env("SPECIMEN_FALLBACK", "silent"), &[]);
    server.send(&listen(1, json!(["file:///own/a"])));
    assert_eq!(accepted(&mut server), Value::Null);
}
