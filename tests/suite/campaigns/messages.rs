//! Mutated JSON-RPC messages, over HTTP and over stdio.

use fastrand::Rng;
use serde_json::{Value, json};

use super::{Reached, cases, check_alive, connection::Connection, mutate, seed};
use crate::harness::{HttpServer, StdioServer, initialize_params, modern, rpc, tools_call};

/// Valid messages of both generations of clients.
fn corpus() -> Vec<Value> {
    let echo = json!({ "name": "echo", "arguments": { "text": "x" } });
    let measure = json!({ "name": "measure", "arguments": { "name": "abc", "n": 1, "mode": "fast" } });
    let meta = json!({ "progressToken": 7, "dev.mcp-tool/requires": "^2", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" });
    let tasks = json!({ "io.modelcontextprotocol/clientCapabilities": { "elicitation": {}, "extensions": { "io.modelcontextprotocol/tasks": {} } } });
    let notification =
        |method: &str, params: Value| json!({ "jsonrpc": "2.0", "method": method, "params": params });
    vec![
        tools_call(1, "echo", json!({ "text": "x" })),
        tools_call("id", "measure", measure["arguments"].clone()),
        modern(1, "tools/call", echo, json!({})),
        modern(2, "tools/call", measure, meta),
        modern(
            3,
            "tools/call",
            json!({ "name": "confirms", "arguments": { "what": "x" }, "requestState": "AAAA", "inputResponses": { "a": { "action": "accept", "content": {} } } }),
            tasks.clone(),
        ),
        modern(4, "tools/list", json!({ "cursor": "AAAA" }), json!({})),
        rpc("tools/list", json!({})),
        rpc("ping", json!({})),
        rpc("initialize", initialize_params(json!({ "elicitation": {}, "roots": { "listChanged": true } }))),
        rpc("logging/setLevel", json!({ "level": "info" })),
        modern(5, "server/discover", json!({}), json!({})),
        modern(6, "tasks/get", json!({ "taskId": "0" }), tasks.clone()),
        modern(
            7,
            "tasks/update",
            json!({ "taskId": "0", "inputResponses": { "a": { "action": "decline" } } }),
            tasks,
        ),
        modern(
            8,
            "completion/complete",
            json!({ "ref": { "type": "ref/tool", "name": "measure" }, "argument": { "name": "name", "value": "a" } }),
            json!({}),
        ),
        modern(9, "resources/read", json!({ "uri": "file:///a" }), json!({})),
        modern(10, "no/such/method", json!({ "a": [1, { "b": null }] }), json!({})),
        notification("notifications/initialized", json!({})),
        notification("notifications/cancelled", json!({ "requestId": 1, "reason": "x" })),
        notification("notifications/progress", json!({ "progressToken": 7, "progress": 1 })),
        json!({ "jsonrpc": "2.0", "id": 1, "result": { "action": "accept" } }),
        json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -1, "message": "no" } }),
    ]
}

/// Returns a mutated message of the corpus.
fn case(rng: &mut Rng, corpus: &[Value]) -> Vec<u8> {
    const PIECES: [&[u8]; 14] = [
        b"null",
        b"\\u0000",
        b"\\ud800",
        b"1e999",
        b"-0",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\"",
        b",",
        b"\"id\":1,",
        b"\xff",
        b"\xef\xbb\xbf",
    ];
    let message = &corpus[rng.usize(0..corpus.len())];
    match rng.u8(0..10) {
        0..=1 => message.to_string().into_bytes(),
        2 => mutate::bytes(rng, message.to_string().as_bytes(), &PIECES),
        3 => mutate::with_repeated_member(rng, message.as_object().unwrap()).into_bytes(),
        4 => mutate::json(rng, message).to_string().into_bytes(),
        // Only `params` is mutated, because most changes of the outer members are refused for the same reason.
        _ => {
            let mut message = message.clone();
            if let Some(params) = message.get_mut("params") {
                *params = mutate::json(rng, params);
            }
            message.to_string().into_bytes()
        }
    }
}

/// Returns the id of a message, if the message is a request.
fn request_id(message: &[u8]) -> Option<Value> {
    let message: Value = serde_json::from_slice(message).ok()?;
    let id = message.get("id")?;
    (message.get("method")?.is_string() && (id.is_string() || id.is_i64() || id.is_u64())).then(|| id.clone())
}

/// Returns the kind of a response, after asserting that it is a JSON-RPC response to `message`.
fn kind(message: &[u8], response: &Value) -> String {
    let shown = || format!("{} was answered by {response}", String::from_utf8_lossy(message));
    assert_eq!(response["jsonrpc"], "2.0", "{}", shown());
    // The id is `null` if the server couldn't read it. If it is repeated, parsers disagree.
    let is_repeated = message.windows(5).filter(|part| part == b"\"id\":").count() > 1;
    if let Some(id) = request_id(message).filter(|_| !is_repeated) {
        assert!(response["id"] == id || response["id"].is_null(), "{}", shown());
    }
    match response.get("error") {
        Some(error) => {
            assert!(response.get("result").is_none() && error["message"].is_string(), "{}", shown());
            // Completions have a rate limit.
            let is_limited = error["data"]["dev.mcp-tool/error"]["kind"] == "rate_limited";
            assert!(error["code"] != -32_603 || is_limited, "the server failed: {}", shown());
            format!("error {}", error["code"])
        }
        None if response["result"]["isError"] == json!(true) => {
            let kind = response["result"]["_meta"]["dev.mcp-tool/error"]["kind"].as_str().unwrap().to_owned();
            assert_ne!(kind, "internal", "{}", shown());
            format!("tool error {kind}")
        }
        None => {
            assert!(response["result"].is_object(), "{}", shown());
            "result".to_owned()
        }
    }
}

/// Returns the headers that repeat the body of a modern message, as far as it can be read.
fn headers(rng: &mut Rng, message: &[u8]) -> Vec<(&'static str, String)> {
    let Ok(message) = serde_json::from_slice::<Value>(message) else { return Vec::new() };
    let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let visible =
        |text: &String| text.bytes().all(|byte| (b'!'..=b'~').contains(&byte)) && text.len() < 1_000;
    let mut headers = Vec::new();
    for (name, pointer) in [
        ("MCP-Protocol-Version", "/params/_meta/io.modelcontextprotocol~1protocolVersion"),
        ("Mcp-Method", "/method"),
        ("Mcp-Name", "/params/name"),
    ] {
        // Sometimes a header is missing.
        if let Some(text) = text(pointer).filter(visible)
            && rng.u8(0..40) > 0
        {
            headers.push((name, text));
        }
    }
    headers
}

#[test]
fn mutated_messages_over_http_get_a_valid_response_each() {
    let server = HttpServer::start(&["--legacy-sessions", "20", "--session-idle", "1s"]);
    let mut rng = Rng::with_seed(seed());
    let (corpus, mut reached) = (corpus(), Reached::default());
    let session = server.open_session(&[]);
    let mut connection = Connection::new(&server);
    for _ in 0..cases(12_000) {
        let message = case(&mut rng, &corpus);
        let mut headers = headers(&mut rng, &message);
        if rng.u8(0..8) == 0 {
            headers.push(("Mcp-Session-Id", session.clone()));
        }
        headers.push(("Connection", "keep-alive".to_owned()));
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let request = server.request_bytes("POST", "/mcp", &headers, &message);
        let shown = || String::from_utf8_lossy(&message).into_owned();
        let response = connection.exchange(&request).unwrap_or_else(|| panic!("no response to {}", shown()));
        assert!(response.status < 500, "{} for {}", response.status, shown());
        match serde_json::from_slice::<Value>(&response.body) {
            _ if response.is_event_stream => reached.count("event stream"),
            Ok(body) => reached.count(format!("{} {}", response.status, kind(&message, &body))),
            Err(_) => {
                // A notification, or a response that was accepted.
                assert_eq!((response.status, response.body.len()), (202, 0), "{}", shown());
                reached.count("202");
            }
        }
    }
    check_alive(&server);
    reached.check(&[
        ("200 result", 500),
        ("200 tool error invalid_arguments", 30),
        ("202", 100),
        ("400 error -32600", 100),
        ("400 error -32602", 100),
        ("400 error -32700", 100),
        ("404 error -32601", 20),
        ("event stream", 20),
    ]);
}

#[test]
fn mutated_messages_over_stdio_get_at_most_one_response_each() {
    let mut server = StdioServer::initialized(&[]);
    let mut rng = Rng::with_seed(seed());
    let (corpus, mut reached) = (corpus(), Reached::default());
    for number in 0..cases(6_000) {
        let mut message = case(&mut rng, &corpus);
        message.retain(|byte| *byte != b'\n');
        server.send_bytes(&message);
        // The response to this call follows those to earlier messages that are answered at once.
        let marker = format!("marker {number}");
        server.send(&tools_call(marker.as_str(), "echo", json!({ "text": "x" })).to_string());
        loop {
            let received = server.receive();
            if received["id"] == json!(marker) {
                break;
            }
            match received.get("method") {
                Some(_) => reached.count("message of the server"),
                None => reached.count(kind(b"", &received)),
            }
        }
    }
    let log = server.stderr.text();
    assert!(!log.contains("panicked"), "the server panicked:\n{log}");
    assert!(server.close().success());
    reached.check(&[("result", 200), ("error -32600", 50), ("error -32602", 50), ("error -32700", 50)]);
}
