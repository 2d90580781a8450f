//! Unusual forms of messages that clients send: large integers as ids, `null` for absent members,
//! malformed notifications, batches, byte order marks, and a last line without a newline.

use serde_json::{Value, json};

use crate::harness::{HttpServer, Reply, StdioServer, initialize_params, rpc, text, tools_call};

/// Integers that need more than 64 bits.
const LARGE: [&str; 4] = [
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "100000000000000000000000000000000007",
];

/// JSON text of a request; `id` and `params` are JSON text too.
fn request(id: &str, method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
}

/// Asserts that the message has exactly this id.
fn assert_id(message: &str, id: &str) {
    let member = format!(r#""id":{id}"#);
    let after = message.split_once(&member).unwrap_or_else(|| panic!("no id {id}: {message}")).1;
    assert!(after.starts_with([',', '}']), "the id has more digits than {id}: {message}");
}

/// Posts a message as JSON text, because `Value` rounds large integers.
fn post(server: &HttpServer, headers: &[(&str, &str)], body: &str) -> Reply {
    server.send("POST", "/mcp", headers, body.as_bytes())
}

const MODERN_META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"}}"#;

#[test]
fn id_beyond_64_bits_is_echoed_digit_by_digit_over_http() {
    let server = HttpServer::start(&["--legacy-sessions", "5"]);
    let session = server.open_session(&[]);
    let in_session = [("Mcp-Session-Id", session.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
    let modern = |method| [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method)];
    let echo = r#"{"name":"echo","arguments":{"text":"x"}}"#;
    let initialize = initialize_params(json!({})).to_string();
    for id in LARGE {
        for (headers, method, params) in [
            (&[][..], "tools/call", echo),
            (&[], "initialize", &initialize),
            (&[], "tools/call", "{}"),
            (&modern("server/discover"), "server/discover", &format!("{{{MODERN_META}}}")),
            (&modern("tools/list"), "tools/list", &format!("{{{MODERN_META}}}")),
            (&modern("tasks/get"), "tasks/get", &format!("{{{MODERN_META}}}")),
            (&in_session, "tools/call", echo),
            (&in_session, "tools/list", "{}"),
            (&in_session, "ping", "{}"),
            (&in_session, "logging/setLevel", r#"{"level":"loud"}"#),
            (&in_session, "no/such/method", "{}"),
        ] {
            let reply = post(&server, headers, &request(id, method, params));
            assert_id(&reply.body, id);
        }
    }
    let without_sessions = HttpServer::start(&[]);
    for (method, params) in [("ping", "{}"), ("tools/list", "{}"), ("prompts/get", "{}"), ("ping", "null")] {
        assert_id(&post(&without_sessions, &[], &request(LARGE[2], method, params)).body, LARGE[2]);
    }
}

#[test]
fn id_beyond_64_bits_is_echoed_digit_by_digit_over_stdio() {
    let mut server = StdioServer::initialized(&[]);
    for id in LARGE {
        for (method, params) in [
            ("tools/call", r#"{"name":"echo","arguments":{"text":"x"}}"#),
            ("tools/list", "{}"),
            ("ping", "{}"),
            ("no/such/method", "{}"),
            ("logging/setLevel", r#"{"level":"loud"}"#),
        ] {
            server.send(&request(id, method, params));
            assert_id(&server.receive_text(), id);
        }
    }
}

#[test]
fn stream_of_an_id_beyond_64_bits_names_it_in_its_notifications() {
    let params = format!(r#"{{"notifications":{{"toolsListChanged":true}},{MODERN_META}}}"#);
    let named = format!(r#""io.modelcontextprotocol/subscriptionId":{}"#, LARGE[1]);
    let mut stdio = StdioServer::start(&[]);
    stdio.send(&request(LARGE[1], "subscriptions/listen", &params));
    let acknowledged = stdio.receive_text();
    assert!(acknowledged.contains(&named), "{acknowledged}");
    let server = HttpServer::start(&[]);
    let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "subscriptions/listen")];
    let body = request(LARGE[1], "subscriptions/listen", &params);
    let mut stream = server.connect();
    std::io::Write::write_all(&mut stream, &server.request_bytes("POST", "/mcp", &headers, body.as_bytes()))
        .unwrap();
    let mut received = String::new();
    while !received.contains("acknowledged") || !received.ends_with("\n\n\r\n") {
        let mut chunk = [0; 1_024];
        let read = std::io::Read::read(&mut stream, &mut chunk).unwrap();
        assert!(read > 0, "the stream ended: {received}");
        received.push_str(&String::from_utf8_lossy(&chunk[..read]));
    }
    assert!(received.contains(&named), "{received}");
}

#[test]
fn id_that_is_not_an_integer_or_has_too_many_digits_is_refused() {
    let (server, mut stdio) = (HttpServer::start(&[]), StdioServer::initialized(&[]));
    let too_long = "9".repeat(513);
    for id in ["1.0", "1e3", "9223372036854775808.5", "1E400", "true", "[1]", "null", too_long.as_str()] {
        let request = request(id, "ping", "{}");
        let reply = post(&server, &[], &request);
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!(-32_600)), "{id}: {reply:?}");
        assert!(reply.body.contains("without fraction and exponent, of at most 512 bytes"), "{reply:?}");
        stdio.send(&request);
        assert_eq!(stdio.receive()["error"]["code"], -32_600, "{id}");
    }
    let longest = "9".repeat(512);
    assert_id(&post(&server, &[], &request(&longest, "ping", "{}")).body, &longest);
}

#[test]
fn progress_token_beyond_64_bits_is_sent_back_digit_by_digit() {
    let server = HttpServer::start(&["--legacy-sessions", "5"]);
    let session = server.open_session(&[]);
    let mut stdio = StdioServer::initialized(&[]);
    for token in LARGE {
        let params =
            format!(r#"{{"name":"steps","arguments":{{"count":1}},"_meta":{{"progressToken":{token}}}}}"#);
        let (call, sent) = (request("1", "tools/call", &params), format!(r#""progressToken":{token},"#));
        for headers in [&[][..], &[("Mcp-Session-Id", session.as_str())]] {
            let reply = post(&server, headers, &call);
            assert!(reply.body.contains(&sent) && reply.body.contains("1 steps"), "{headers:?}: {reply:?}");
        }
        stdio.send(&call);
        let report = stdio.receive_text();
        assert!(report.contains(&sent), "{report}");
        assert_eq!(text(&stdio.answer(&json!(1))), "1 steps");
    }
}

#[test]
fn call_with_an_id_beyond_64_bits_can_be_cancelled() {
    let id = LARGE[3];
    let call = request(id, "tools/call", r#"{"name":"waits","arguments":{"milliseconds":60000}}"#);
    let cancel =
        format!(r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id}}}}}"#);
    let mut stdio = StdioServer::initialized(&[]);
    stdio.send(&call);
    stdio.send(&cancel);
    let waiting = json!({ "milliseconds": 0 });
    // `waits` runs one call at a time, so this call succeeds only after the other was cancelled.
    while stdio.call("waits", waiting.clone())["result"]["isError"] == true {}
    let server = HttpServer::start(&["--legacy-sessions", "5"]);
    let session = server.open_session(&[]);
    for (index, headers) in [&[][..], &[("Mcp-Session-Id", session.as_str())]].into_iter().enumerate() {
        let mut stream = server.connect();
        std::io::Write::write_all(
            &mut stream,
            &server.request_bytes("POST", "/mcp", headers, call.as_bytes()),
        )
        .unwrap();
        server.wait_for_count("running", 1);
        assert_eq!(post(&server, headers, &cancel).status, 202);
        server.wait_for_count("dropped", index as u64 + 1);
    }
}

#[test]
fn null_counts_as_absent_for_every_method() {
    let server = HttpServer::start(&["--legacy-sessions", "5"]);
    let session = server.open_session(&[]);
    let in_session = [("Mcp-Session-Id", session.as_str())];
    let without_sessions = HttpServer::start(&[]);
    let mut stdio = StdioServer::initialized(&[]);
    for (method, params) in [
        ("ping", "null"),
        ("ping", r#"{"_meta":null}"#),
        ("tools/list", "null"),
        ("tools/list", r#"{"cursor":null,"_meta":null}"#),
        ("tools/list", r#"{"_meta":{"progressToken":null}}"#),
        ("tools/call", r#"{"name":"counts","arguments":null,"_meta":null}"#),
        ("logging/setLevel", r#"{"level":"info","_meta":null}"#),
    ] {
        let request = request("1", method, params);
        let replies =
            [post(&server, &in_session, &request).body, post(&without_sessions, &[], &request).body];
        stdio.send(&request);
        for answer in replies.into_iter().chain([stdio.receive_text()]) {
            assert!(answer.contains(r#""result":"#), "{method} {params}: {answer}");
        }
    }
    let missing =
        server.post(&[], &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": null }));
    assert_eq!(missing.json()["error"]["message"], "`params` is missing");
}

#[test]
fn notification_is_never_answered() {
    let server = HttpServer::start(&["--legacy-sessions", "5"]);
    let session = server.open_session(&[]);
    let without_sessions = HttpServer::start(&[]);
    let mut stdio = StdioServer::initialized(&[]);
    let mut uninitialized = StdioServer::start(&[]);
    for notification in [
        r#"{"jsonrpc":"2.0","method":"notifications/initialized","params":null}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/initialized","params":[]}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{},"progress":"x"}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":7}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"n":1e400}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":"x"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/no_such"}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo"}}"#,
        r#"{"jsonrpc":"2.0","method":"initialize","params":[1]}"#,
        r#"{"jsonrpc":"1.0","method":"notifications/initialized"}"#,
        r#"{"method":"x","params":false}"#,
    ] {
        let replies = [
            post(&server, &[("Mcp-Session-Id", &session)], notification),
            post(&server, &[], notification),
            post(&without_sessions, &[], notification),
        ];
        for reply in replies {
            assert_eq!((reply.status, reply.body.as_str()), (202, ""), "{notification}: {reply:?}");
        }
        stdio.send(notification);
        uninitialized.send(notification);
    }
    // Messages are processed in order, so the first answer is that of this call.
    assert_eq!(text(&stdio.call("echo", json!({ "text": "next" }))), "next");
    uninitialized.send(&rpc("ping", json!({})).to_string());
    assert_eq!(uninitialized.receive()["id"], 1);
}

#[test]
fn initialize_that_lacks_a_member_names_it() {
    let server = HttpServer::start(&[]);
    let with_sessions = HttpServer::start(&["--legacy-sessions", "5"]);
    let complete = initialize_params(json!({}));
    for (pointer, replacement, named) in [
        ("/capabilities", None, "`/capabilities` is missing"),
        ("/clientInfo", None, "`/clientInfo` is missing"),
        ("/clientInfo/version", None, "`/clientInfo/version` is missing"),
        ("/protocolVersion", None, "`/protocolVersion` is missing"),
        ("/clientInfo/name", Some(json!(7)), "`/clientInfo/name`: invalid type: integer `7`"),
        ("/capabilities", Some(json!([])), "`/capabilities`: "),
    ] {
        let mut params = complete.clone();
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        let members = params.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match replacement {
            Some(value) => drop(members.insert(member.to_owned(), value)),
            None => drop(members.remove(member)),
        }
        let request = rpc("initialize", params);
        let mut stdio = StdioServer::start(&[]);
        stdio.send(&request.to_string());
        let mut answers = vec![stdio.receive()];
        for server in [&server, &with_sessions] {
            let reply = server.post(&[], &request);
            assert_eq!(reply.status, 200, "{reply:?}");
            answers.push(reply.json());
        }
        for answer in answers {
            let message = answer["error"]["message"].as_str().unwrap_or_default();
            assert!(message.contains(named), "{pointer}: {answer}");
            assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(-32_602), &json!(1)));
        }
        // The refused request initialized nothing.
        let call = stdio.call("echo", json!({ "text": "x" }));
        assert!(
            call["error"]["message"].as_str().unwrap_or_default().contains("`initialize` first"),
            "{call}"
        );
    }
    let parameter = server.post(&[], &rpc("logging/setLevel", json!({ "level": 7 })));
    assert!(parameter.body.contains("`/level`: "), "{parameter:?}");
}

#[test]
fn revision_with_batches_is_not_negotiated() {
    let server = HttpServer::start(&[]);
    let initialize = |version: &str| {
        let mut params = initialize_params(json!({}));
        params["protocolVersion"] = version.into();
        let mut stdio = StdioServer::start(&[]);
        stdio.send(&rpc("initialize", params.clone()).to_string());
        let agreed = |answer: Value| answer["result"]["protocolVersion"].as_str().unwrap().to_owned();
        let over_http = agreed(server.post(&[], &rpc("initialize", params)).json());
        assert_eq!(over_http, agreed(stdio.receive()), "the transports agree on different revisions");
        over_http
    };
    for (asked, agreed) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2024-11-05"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2024-10-07", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
    ] {
        assert_eq!(initialize(asked), agreed, "for a client of {asked}");
    }
    let discovered = server.modern("server/discover", json!({}), json!({}), &[]).json();
    let offered = &discovered["result"]["supportedVersions"];
    assert_eq!(offered, &json!(["2024-11-05", "2025-06-18", "2025-11-25", "2026-07-28"]));
    let batch = json!([tools_call(1, "echo", json!({ "text": "x" })), rpc("ping", json!({}))]);
    let reply = server.post(&[], &batch);
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!(-32_600)));
    assert!(reply.body.contains("send one message at a time"), "{reply:?}");
}

#[test]
fn byte_order_mark_before_a_message_is_ignored() {
    const MARK: &str = "\u{feff}";
    let initialize = rpc("initialize", initialize_params(json!({}))).to_string();
    let mut stdio = StdioServer::start(&[]);
    stdio.send(&format!("{MARK}{initialize}\r"));
    assert_eq!(stdio.receive()["result"]["protocolVersion"], "2025-11-25");
    for blank in ["", "\r", "  ", MARK] {
        stdio.send(blank);
    }
    stdio.send(&format!("{MARK}{}\r", tools_call(7, "echo", json!({ "text": "marked" }))));
    assert_eq!(text(&stdio.answer(&json!(7))), "marked");
    let server = HttpServer::start(&["--legacy-sessions", "5"]);
    let session = server.open_session(&[]);
    for (headers, message) in [
        (&[][..], tools_call(1, "echo", json!({ "text": "marked" })).to_string()),
        (&[], initialize),
        (&[("Mcp-Session-Id", session.as_str())], rpc("ping", json!({})).to_string()),
    ] {
        let reply = post(&server, headers, &format!("{MARK}{message}"));
        assert_eq!(reply.status, 200, "{message}: {reply:?}");
    }
    let twice = post(&server, &[], &format!("{MARK}{MARK}{}", rpc("ping", json!({}))));
    assert_eq!(twice.json()["error"]["code"], -32_700);
}

#[test]
fn last_line_without_a_newline_is_answered() {
    let mut server = StdioServer::initialized(&[]);
    let call = tools_call(7, "waits", json!({ "milliseconds": 10 })).to_string();
    std::io::Write::write_all(server.stdin.as_mut().unwrap(), call.as_bytes()).unwrap();
    server.stdin = None;
    assert_eq!(text(&server.answer(&json!(7))), "waited");
    assert!(server.close().success());
    for (message, expected) in [
        (rpc("initialize", initialize_params(json!({}))).to_string(), r#""protocolVersion":"2025-11-25""#),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/ca"#.to_owned(), "-32700"),
    ] {
        let mut server = StdioServer::start(&[]);
        std::io::Write::write_all(server.stdin.as_mut().unwrap(), message.as_bytes()).unwrap();
        server.stdin = None;
        let answer = server.receive_text();
        assert!(answer.contains(expected), "{answer}");
        assert!(server.close().success());
    }
}

#[test]
fn event_without_data_is_sent_only_to_clients_that_know_it() {
    let server = HttpServer::start(&["--legacy-sessions", "9"]);
    let open = |version: &str| {
        let mut params = initialize_params(json!({}));
        params["protocolVersion"] = version.into();
        let reply = server.post(&[], &rpc("initialize", params));
        let id = reply.header("mcp-session-id").unwrap().to_owned();
        (reply, id)
    };
    let empty = |reply: &Reply| {
        assert_eq!(reply.header("content-type"), Some("text/event-stream"), "{reply:?}");
        reply.body.lines().any(|line| line.strip_prefix("data:").is_some_and(|data| data.trim().is_empty()))
    };
    for (version, knows) in [("2024-11-05", false), ("2025-06-18", false), ("2025-11-25", true)] {
        let (opened, session) = open(version);
        assert!(!empty(&opened), "{version}: {opened:?}");
        assert_eq!(opened.events().len(), 1);
        let headers = [("Mcp-Session-Id", session.as_str()), ("MCP-Protocol-Version", version)];
        // Before 2025-06-18, clients sent no version header.
        let headers = if version == "2024-11-05" { &headers[..1] } else { &headers[..] };
        let called = server.post(headers, &tools_call(1, "echo", json!({ "text": "x" })));
        assert_eq!(empty(&called), knows, "{version}: {called:?}");
        assert_eq!(text(&called.events()[0]), "x");
        let listed = server.post(headers, &rpc("tools/list", json!({})));
        assert_eq!(empty(&listed), knows, "{version}: {listed:?}");
    }
}
