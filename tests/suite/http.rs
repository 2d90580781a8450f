//! The HTTP transport: both protocol revisions on one endpoint, header checks, streams, disconnects and shutdown. The
//! server is the specimen, the test server in `tests/src/main.rs`. Its `waits` sleeps, and its `steps` reports progress
//! and sleeps after each step.

use std::{
    io::{Read as _, Write as _},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::harness::{
    CANCELLED, HttpServer, MAX_WAIT, Reply, SPECIMEN, correlation, initialize_params, initialized, kind,
    modern, rpc, text,
};

/// Parameters of a call of `echo`.
fn echo(value: &str) -> Value {
    json!({ "name": "echo", "arguments": { "text": value } })
}

#[test]
fn both_protocol_revisions_are_served_by_one_endpoint() {
    let server = HttpServer::start(&[]);
    let opened = server.post(&[], &rpc("initialize", initialize_params(json!({}))));
    assert_eq!((opened.status, &opened.json()["result"]["serverInfo"]["name"]), (200, &json!("specimen")));
    assert_eq!(opened.header("mcp-session-id"), None, "sessions must be off by default");
    assert_eq!(server.post(&[("MCP-Protocol-Version", "2025-11-25")], &initialized()).status, 202);
    let list = server.post(&[("MCP-Protocol-Version", "2025-11-25")], &rpc("tools/list", json!({})));
    assert!(list.json()["result"]["tools"].as_array().unwrap().len() > 20);
    // A 2025-11-25 call needs no version header. Calls of older revisions are served, too.
    for headers in
        [&[][..], &[("MCP-Protocol-Version", "2025-11-25")], &[("MCP-Protocol-Version", "2025-03-26")]]
    {
        let reply = server.post(headers, &rpc("tools/call", echo("old")));
        assert_eq!((reply.status, text(&reply.json())), (200, "old"));
        assert_eq!(reply.json()["result"].get("resultType"), None);
    }

    let reply = server.modern("tools/call", echo("new"), json!({}), &[]);
    assert_eq!((reply.status, text(&reply.json())), (200, "new"));
    assert_eq!(reply.json()["result"]["resultType"], "complete");
    let discovered = server.modern("server/discover", json!({}), json!({}), &[]);
    assert_eq!(
        discovered.json()["result"]["capabilities"],
        json!({
            "completions": {},
            "extensions": { "io.modelcontextprotocol/tasks": {} },
            "logging": {},
            "tools": { "listChanged": true },
        })
    );
    let list = server.modern("tools/list", json!({}), json!({}), &[]).json();
    assert_eq!(list["result"]["cacheScope"], "private");
    assert_eq!(list["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "specimen");
}

#[test]
fn header_that_disagrees_with_the_body_is_refused() {
    let server = HttpServer::start(&[]);
    // Headers replace the default ones, which agree with the body. An empty value removes a default header.
    let status = |headers: &[(&str, &str)]| {
        let reply = server.modern("tools/call", echo("x"), json!({}), headers);
        (reply.status, reply.json()["error"]["code"].as_i64().unwrap_or(0))
    };
    let mismatch = (400, -32_020);
    assert_eq!(status(&[]), (200, 0));
    assert_eq!(status(&[("Mcp-Name", "measure")]), mismatch);
    let refused = server.modern("tools/call", echo("x"), json!({}), &[("Mcp-Name", "measure")]);
    let record = server.stderr.record_of(correlation(&refused.json()));
    assert_eq!((&record["tool"], &record["agent"]), (&json!("echo"), &json!("harness 2")));
    assert_eq!((&record["outcome"], &record["reason"]), (&json!("refused"), &json!("header_mismatch")));
    assert_eq!(status(&[("Mcp-Name", "")]), mismatch);
    assert_eq!(status(&[("Mcp-Name", "echo"), ("Mcp-Name", "echo")]), mismatch);
    // `echo` and `measure` in the encoding that 2026-07-28 has for header values, and invalid Base64.
    assert_eq!(status(&[("Mcp-Name", "=?base64?ZWNobw==?=")]), (200, 0));
    assert_eq!(status(&[("Mcp-Name", "=?base64?bWVhc3VyZQ==?=")]), mismatch);
    assert_eq!(status(&[("Mcp-Name", "=?base64?!?=")]), mismatch);
    assert_eq!(status(&[("Mcp-Method", "tools/list")]), mismatch);
    assert_eq!(status(&[("Mcp-Method", "")]), mismatch);
    assert_eq!(status(&[("MCP-Protocol-Version", "")]), mismatch);
    assert_eq!(status(&[("MCP-Protocol-Version", "2025-11-25")]), mismatch);

    let reply = server.modern("tools/list", json!({}), json!({}), &[("Mcp-Method", "tools/call")]);
    assert_eq!(
        (reply.status, &reply.json()["error"]["code"]),
        (400, &json!(-32_020)),
        "the headers of `tools/list` must be checked, too"
    );
}

#[test]
fn protocol_version_and_metadata_are_validated() {
    let server = HttpServer::start(&[]);
    let answer = |meta: Value, headers: &[(&str, &str)]| {
        let reply = server.modern("tools/call", echo("x"), meta, headers);
        (reply.status, reply.json()["error"]["code"].as_i64().unwrap_or(0))
    };
    // -32022 means an unsupported protocol version, -32602 invalid parameters.
    let ancient = json!({ "io.modelcontextprotocol/protocolVersion": "1900-01-01" });
    assert_eq!(answer(ancient, &[("MCP-Protocol-Version", "1900-01-01")]), (400, -32_022));
    // The version is checked before the other metadata.
    let bare = json!({
        "io.modelcontextprotocol/protocolVersion": "1900-01-01",
        "io.modelcontextprotocol/clientCapabilities": null,
    });
    assert_eq!(answer(bare, &[("MCP-Protocol-Version", "1900-01-01")]), (400, -32_022));
    assert_eq!(server.post(&[("MCP-Protocol-Version", "1900-01-01")], &initialized()).status, 400);
    assert_eq!(answer(json!({ "io.modelcontextprotocol/protocolVersion": 7 }), &[]), (400, -32_602));
    assert_eq!(answer(json!({ "io.modelcontextprotocol/clientCapabilities": null }), &[]), (400, -32_602));
    assert_eq!(answer(json!({ "io.modelcontextprotocol/protocolVersion": null }), &[]), (400, -32_602));
    assert_eq!(answer(json!({ "progressToken": [] }), &[]), (400, -32_602));
    let reply = server.post(&[("MCP-Protocol-Version", "1900-01-01")], &rpc("tools/call", echo("x")));
    assert_eq!(reply.status, 400);
    let reply = server.modern("tools/destroy", json!({}), json!({}), &[]);
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (404, &json!(-32_601)));
}

#[test]
fn refusals_map_to_http_statuses() {
    let server = HttpServer::start(&["--local-scopes", "specimen:read"]);
    let call = |params: Value| server.post(&[], &rpc("tools/call", params));
    let unknown = call(json!({ "name": "mesure" }));
    assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (200, &json!(-32_602)));
    // `whoami` also requires the scope `specimen:admin`.
    let scope = call(json!({ "name": "whoami" }));
    assert_eq!((scope.status, &scope.json()["error"]["code"]), (403, &json!(-31_403)));
    let record = server.stderr.record_of(correlation(&scope.json()));
    assert_eq!(record["reason"], "insufficient_scope");
    let data = scope.json()["error"]["data"].clone();
    assert_eq!(
        (&data["dev.mcp-tool/version"], &data["dev.mcp-tool/contract"]),
        (&record["version"], &record["contract"])
    );
    let arguments = call(json!({ "name": "measure", "arguments": [1, 2] }));
    assert_eq!((arguments.status, &arguments.json()["error"]["code"]), (400, &json!(-32_602)));
    let bad = call(json!({ "name": "measure", "arguments": { "n": 99 } }));
    assert_eq!((bad.status, kind(&bad.json())), (200, "invalid_arguments"));
}

#[test]
fn unsupported_methods_paths_and_content_types_are_refused() {
    let server = HttpServer::start(&[]);
    for method in ["GET", "DELETE", "PUT", "OPTIONS", "HEAD"] {
        let reply = server.send(method, "/mcp", &[], b"");
        assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")), "{method}");
    }
    let with_sessions = HttpServer::start(&["--legacy-sessions", "8"]);
    let reply = with_sessions.send("PUT", "/mcp", &[], b"");
    assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, POST, DELETE")));
    assert_eq!(server.send("POST", "/", &[], b"{}").status, 404);
    assert_eq!(server.send("GET", "/healthz", &[], b"").body, "ok\n");
    assert_eq!(server.send("GET", "/readyz", &[], b"").body, "ready\n");
    let body = rpc("tools/call", echo("x")).to_string();
    assert_eq!(server.send("POST", "/mcp", &[("Content-Type", "text/plain")], body.as_bytes()).status, 415);
    // Another spelling of the type, and no `Accept`.
    let typed = [("Content-Type", "application/JSON; charset=utf-8"), ("Accept", "")];
    assert_eq!(server.send("POST", "/mcp", &typed, body.as_bytes()).status, 200);
    let response = json!({ "jsonrpc": "2.0", "id": 1, "result": {} });
    assert_eq!(
        server.post(&[], &response).status,
        400,
        "a response must be refused, because the server sent no request"
    );
}

#[test]
fn foreign_hosts_and_origins_are_refused() {
    let server = HttpServer::start(&[]);
    let body = rpc("tools/call", echo("x")).to_string();
    let list = rpc("tools/list", json!({})).to_string();
    let status =
        |headers: &[(&str, &str)], body: &str| server.send("POST", "/mcp", headers, body.as_bytes()).status;
    let own = format!("http://{}", server.address);
    for body in [&body, &list] {
        assert_eq!(status(&[("Host", "localhost")], body), 200);
        assert_eq!(status(&[("Origin", &own)], body), 200, "the server's own origin must be allowed");
        assert_eq!(status(&[("Host", "evil.example")], body), 403);
        assert_eq!(status(&[("Host", "127.0.0.1.evil.example")], body), 403);
        assert_eq!(status(&[("Origin", "http://evil.example")], body), 403);
        assert_eq!(status(&[("Origin", "http://127.0.0.1:1")], body), 403);
        assert_eq!(status(&[("Origin", "null")], body), 403);
        assert_eq!(status(&[("Host", "")], body), 400);
    }
    let reply = server.send("POST", "http://evil.example/mcp", &[], body.as_bytes());
    assert_eq!(reply.status, 403, "the host of the request target must be checked, too");

    let allowed = ["--allowed-host", "mcp.example.com", "--allowed-origin", "https://app.example.com"];
    let server = HttpServer::start(&allowed);
    let headers = [("Host", "mcp.example.com"), ("Origin", "https://app.example.com")];
    assert_eq!(server.send("POST", "/mcp", &headers, body.as_bytes()).status, 200);
}

#[test]
fn allowed_origin_can_call_by_cors() {
    let server = HttpServer::start(&["--allowed-origin", "https://app.example.com"]);
    let preflight_headers = [
        ("Origin", "https://app.example.com"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type, mcp-protocol-version"),
    ];
    let preflight = server.send("OPTIONS", "/mcp", &preflight_headers, b"");
    assert_eq!(
        (preflight.status, preflight.header("access-control-allow-origin")),
        (204, Some(preflight_headers[0].1))
    );
    assert_eq!(preflight.header("access-control-allow-headers"), Some(preflight_headers[2].1));
    assert!(preflight.header("access-control-allow-methods").unwrap().contains("POST"));
    let called = server.post(&preflight_headers[..1], &rpc("tools/call", echo("x")));
    assert_eq!(text(&called.json()), "x");
    assert_eq!(
        (called.header("access-control-allow-origin"), called.header("vary")),
        (Some(preflight_headers[0].1), Some("origin"))
    );
    let foreign =
        server.send("OPTIONS", "/mcp", &[("Origin", "https://evil.example"), preflight_headers[1]], b"");
    assert_eq!((foreign.status, foreign.header("access-control-allow-origin")), (403, None));
}

#[test]
fn connection_beyond_the_limit_is_refused_immediately() {
    let server = HttpServer::start(&["--max-connections", "1"]);
    let mut first = server.connect();
    let refused = server.send("GET", "/healthz", &[], b"");
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    server.stderr.line_with(&["WARN", "http.max_connections"]);
    first.write_all(&server.request_bytes("GET", "/healthz", &[], b"")).unwrap();
    assert_eq!(Reply::read(first).body, "ok\n", "the first connection must still work");
    let begun = Instant::now();
    while server.send("GET", "/healthz", &[], b"").status != 200 {
        assert!(begun.elapsed() < MAX_WAIT, "the connection slot is not freed");
    }
}

#[cfg(unix)]
#[test]
fn server_raises_its_descriptor_limit_for_its_connections() {
    let start_under = |limits: &str| {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &format!("ulimit {limits}; exec \"$0\" \"$@\""), SPECIMEN]);
        HttpServer::start_by(&mut command, &["--max-connections", "700"])
    };
    let limit = |server: &HttpServer| {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.process())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        line.split_whitespace().nth(3).unwrap().parse::<u32>().unwrap()
    };
    // The server raises the soft limit of 128 descriptors itself.
    let server = start_under("-Sn 128");
    assert!(limit(&server) > 700, "{}", limit(&server));
    // The server reserves 256 of the 384 descriptors for other uses than connections, so it refuses the connection
    // after the 128th.
    let server = start_under("-n 384");
    server.stderr.line_with(&["WARN", "700", "384", "ulimit -n"]);
    let connections: Vec<_> = (0..128).map(|_| server.connect()).collect();
    assert_eq!(server.send("GET", "/healthz", &[], b"").status, 503);
    drop(connections);
}

#[test]
fn server_without_authorization_binds_only_loopback() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refused =
            std::process::Command::new(SPECIMEN).args(["serve", "--http", address]).output().unwrap();
        assert_eq!(refused.status.code(), Some(1), "{address}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("loopback"), "{refused:?}");
    }
}

#[test]
fn response_becomes_a_stream_at_its_first_progress_report() {
    let server = HttpServer::start(&[]);
    let steps = |count: u32| json!({ "name": "steps", "arguments": { "count": count } });
    let token = json!({ "progressToken": 7 });
    for reply in [
        server.modern("tools/call", steps(3), token.clone(), &[]),
        server.post(
            &[],
            &rpc("tools/call", json!({ "name": "steps", "arguments": { "count": 3 }, "_meta": token })),
        ),
    ] {
        assert_eq!(reply.header("x-accel-buffering"), Some("no"), "proxies must not buffer the stream");
        let events = reply.events();
        let reports: Vec<f64> =
            events[..3].iter().map(|event| event["params"]["progress"].as_f64().unwrap()).collect();
        assert_eq!(reports, [1.0, 2.0, 3.0]);
        assert_eq!(events[0]["params"]["progressToken"], 7);
        assert_eq!((events.len(), text(&events[3])), (4, "3 steps"));
    }
    let without_progress = server.modern("tools/call", echo("x"), token.clone(), &[]);
    assert_eq!(without_progress.header("content-type"), Some("application/json"));
    // A client that gives a log level requests log messages, but no progress.
    let level = json!({ "io.modelcontextprotocol/logLevel": "debug" });
    assert_eq!(text(&server.modern("tools/call", steps(3), level, &[]).json()), "3 steps");
    let plain = server.modern("tools/call", steps(3), token, &[("Accept", "application/json")]);
    assert_eq!(text(&plain.json()), "3 steps", "a client that does not accept streams must get JSON");
}

#[test]
fn client_that_prefers_event_streams_gets_them() {
    let server = HttpServer::start(&[]);
    let streams = [("Accept", "text/event-stream, application/json")];
    let list = server.modern("tools/list", json!({}), json!({}), &streams);
    let [list] = list.events().try_into().unwrap();
    assert_eq!(list["result"]["resultType"], "complete", "{list}");
    let [called] = server.modern("tools/call", echo("x"), json!({}), &streams).events().try_into().unwrap();
    assert_eq!(text(&called), "x");
    let [ping] = server.post(&streams, &rpc("ping", json!({}))).events().try_into().unwrap();
    assert_eq!(ping["result"], json!({}), "{ping}");
    // HTTP errors are plain JSON.
    let refused = server.modern("tools/call", json!({}), json!({}), &streams);
    assert_eq!((refused.status, refused.header("content-type")), (400, Some("application/json")));
    for accept in [
        "application/json, text/event-stream",
        "*/*",
        "text/event",
        "text/event-streams",
        "text/event-stream;q=0, */*",
    ] {
        let reply = server.modern("tools/list", json!({}), json!({}), &[("Accept", accept)]);
        assert_eq!(reply.header("content-type"), Some("application/json"), "{accept}");
    }
}

#[test]
fn disconnect_cancels_the_call() {
    let server = HttpServer::start(&[]);
    let waits = json!({ "name": "waits", "arguments": { "milliseconds": 60_000 } });
    let steps = json!({ "name": "steps", "arguments": { "count": 1_000, "milliseconds": 100 } });
    // The call with a progress token is answered by a stream, the other by one JSON document.
    let cases = [(waits, Value::Null), (steps, json!(1))];
    for (index, (params, token)) in cases.into_iter().enumerate() {
        let body = modern(1, "tools/call", params.clone(), json!({ "progressToken": token })).to_string();
        let headers = [
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", "tools/call"),
            ("Mcp-Name", params["name"].as_str().unwrap()),
        ];
        let mut stream = server.connect();
        stream.write_all(&server.request_bytes("POST", "/mcp", &headers, body.as_bytes())).unwrap();
        if token.is_null() {
            server.wait_for_count("running", 1);
        } else {
            let mut first = [0; 64];
            assert!(stream.read(&mut first).unwrap() > 0, "the stream has not started");
        }
        drop(stream);
        server.wait_for_count("dropped", index as u64 + 1);
        server.stderr.line_with(&["\"cancelled\"", params["name"].as_str().unwrap()]);
    }
}

#[test]
fn cancellation_applies_only_to_an_unambiguous_call() {
    let server = HttpServer::start(&[]);
    // Without sessions, a call is identified by its caller (here the `User-Agent`) and its request id, here "c".
    let start_call = |agent: &str, params: Value| {
        let call = json!({ "jsonrpc": "2.0", "id": "c", "method": "tools/call", "params": params });
        let headers = [("User-Agent", agent)];
        let mut stream = server.connect();
        let message = server.request_bytes("POST", "/mcp", &headers, call.to_string().as_bytes());
        stream.write_all(&message).unwrap();
        stream
    };
    let cancel = |agent: &str, id: Value| {
        let params = json!({ "requestId": id, "reason": "not needed any more" });
        let message = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
        assert_eq!(server.post(&[("User-Agent", agent)], &message).status, 202);
    };
    let steps = json!({ "count": 1_000, "milliseconds": 100 });
    let steps = json!({ "name": "steps", "arguments": steps, "_meta": { "progressToken": 1 } });
    let one = start_call("one", steps.clone());
    server.wait_for_count("running", 1);
    cancel("another", json!("c"));
    cancel("one", json!("d"));
    cancel("one", json!(null));
    assert_eq!(
        (server.count("running"), server.count("dropped")),
        (1, 0),
        "a cancellation by another caller or of another id cancelled the call"
    );
    cancel("one", json!("c"));
    let reply = Reply::read(one);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.events().last().unwrap()["error"]["code"], CANCELLED, "{reply:?}");
    assert_eq!((server.count("running"), server.count("dropped")), (0, 1));
    server.stderr.line_with(&["\"cancelled\"", "\"steps\""]);

    let two = [start_call("one", steps.clone()), start_call("one", steps.clone())];
    server.wait_for_count("running", 2);
    cancel("one", json!("c"));
    assert_eq!(
        (server.count("running"), server.count("dropped")),
        (2, 1),
        "a cancellation that matches two calls must cancel neither"
    );
    let [first, second] = two;
    drop(first);
    server.wait_for_count("dropped", 2);
    cancel("one", json!("c"));
    assert_eq!(Reply::read(second).events().last().unwrap()["error"]["code"], CANCELLED);
    assert_eq!(server.count("dropped"), 3);
}

#[test]
fn signal_lets_running_calls_finish() {
    let mut server = HttpServer::start(&[]);
    let mut stream = server.connect();
    let call = rpc("tools/call", json!({ "name": "waits", "arguments": { "milliseconds": 3_000 } }));
    let message =
        server.request_bytes("POST", "/mcp", &[("Connection", "keep-alive")], call.to_string().as_bytes());
    stream.write_all(&message).unwrap();
    server.wait_for_count("running", 1);
    // An open connection without a request must not fail the shutdown.
    let idle = server.connect();
    assert!(server.terminate().success());
    let reply = Reply::read(stream);
    assert_eq!((reply.status, text(&reply.json())), (200, "waited"));
    drop(idle);
}

#[test]
fn connection_is_reused_for_the_next_request() {
    let server = HttpServer::start(&[]);
    let mut stream = server.connect();
    for number in 0..3 {
        let body = rpc("tools/call", echo(&number.to_string())).to_string();
        stream
            // The empty value removes the default header `Connection: close`.
            .write_all(&server.request_bytes("POST", "/mcp", &[("Connection", "")], body.as_bytes()))
            .unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        assert_eq!(text(&serde_json::from_slice(&body).unwrap()), number.to_string());
    }
}

#[test]
fn sessions_serve_calls_are_limited_and_expire_when_idle() {
    let server = HttpServer::start(&["--legacy-sessions", "3", "--log-level", "trace"]);
    let initialize = rpc("initialize", initialize_params(json!({})));
    let open = || server.post(&[], &initialize);
    let ids: Vec<String> = (0..3).map(|_| open().header("mcp-session-id").unwrap().to_owned()).collect();
    assert_eq!(open().status, 429);

    let headers = |id| [("Mcp-Session-Id", id), ("MCP-Protocol-Version", "2025-11-25")];
    assert_eq!(server.post(&headers(&ids[0]), &initialized()).status, 202);
    let events = server.post(&headers(&ids[0]), &rpc("tools/call", echo("in a session"))).events();
    assert_eq!(text(events.last().unwrap()), "in a session");
    let steps = json!({ "name": "steps", "arguments": { "count": 2 }, "_meta": { "progressToken": "t" } });
    let events = server.post(&headers(&ids[0]), &rpc("tools/call", steps)).events();
    assert_eq!(events.len(), 3, "{events:?}");
    let bad = server
        .post(&headers(&ids[0]), &rpc("tools/call", json!({ "name": "measure", "arguments": { "n": 99 } })));
    assert_eq!(kind(bad.events().last().unwrap()), "invalid_arguments");
    // Arguments that aren't an object are an invalid request.
    let array =
        server.post(&headers(&ids[0]), &rpc("tools/call", json!({ "name": "measure", "arguments": [1] })));
    assert_eq!(array.status, 400, "{array:?}");
    let twice = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"a","text":"b"}}}"#;
    let twice = server.send("POST", "/mcp", &headers(&ids[0]), twice.as_bytes()).events();
    assert_eq!(
        kind(twice.last().unwrap()),
        "invalid_arguments",
        "the arguments must be parsed from the original text, in which `text` occurs twice"
    );
    let record = server.stderr.record_of(correlation(twice.last().unwrap()));
    assert_eq!(record["agent"], "harness 1");
    let two = [("Mcp-Session-Id", ids[0].as_str()), ("Mcp-Session-Id", ids[1].as_str())];
    assert_eq!(server.post(&two, &rpc("tools/list", json!({}))).status, 400);
    let steps = json!({ "name": "steps", "arguments": { "count": 1_000, "milliseconds": 100 } });
    let long = server.request_bytes(
        "POST",
        "/mcp",
        &headers(&ids[0]),
        rpc("tools/call", steps).to_string().as_bytes(),
    );
    let mut stream = server.connect();
    stream.write_all(&long).unwrap();
    server.wait_for_count("running", 1);
    // `rpc` gives every request the id 1, which is in use while the long call runs.
    let same_id = server.post(&headers(&ids[0]), &rpc("tools/call", echo("x")));
    assert_eq!((same_id.status, &same_id.json()["error"]["code"]), (400, &json!(-32_600)));
    let params = json!({ "requestId": 1 });
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
    assert_eq!(server.post(&headers(&ids[0]), &cancel).status, 202);
    server.wait_for_count("dropped", 1);
    drop(stream);
    let begun = Instant::now();
    while server.post(&headers(&ids[0]), &rpc("tools/call", echo("x"))).status != 200 {
        assert!(begun.elapsed() < MAX_WAIT, "the request id is still in use");
    }
    assert_eq!(server.post(&headers("no-such-session"), &rpc("tools/call", echo("x"))).status, 404);
    // If sessions are on, a 2025-11-25 request other than `initialize` needs one.
    let ping = server.post(&[], &rpc("ping", json!({}))).json();
    assert_eq!((&ping["id"], &ping["error"]["code"]), (&json!(1), &json!(-32_602)), "{ping}");
    assert!(ping["error"]["message"].as_str().unwrap().contains("open a session by `initialize`"), "{ping}");

    assert_eq!(server.send("DELETE", "/mcp", &headers(&ids[1]), b"").status, 204);
    assert_eq!(server.send("DELETE", "/mcp", &headers(&ids[1]), b"").status, 404);
    assert_eq!(server.post(&headers(&ids[1]), &rpc("tools/list", json!({}))).status, 404);
    assert!(open().header("mcp-session-id").is_some(), "the slot of the closed session must be free");
    let secret = json!({ "name": "unlock", "arguments": { "pin": "hunter2", "minutes": 1 } });
    // `pin` is a secret argument of four digits.
    let refused = server.post(&headers(&ids[0]), &rpc("tools/call", secret)).events();
    assert_eq!(kind(refused.last().unwrap()), "invalid_arguments");
    let log = server.stderr.text();
    assert!(
        !log.contains("hunter2") && !log.contains("in a session"),
        "rmcp must not log whole messages: {log}"
    );

    let server = HttpServer::start(&["--legacy-sessions", "1", "--session-idle", "1s"]);
    assert_eq!(server.post(&[], &initialize).status, 200);
    let begun = Instant::now();
    while server.post(&[], &initialize).status == 429 {
        assert!(begun.elapsed() < MAX_WAIT, "the idle session did not expire");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn blocking_call_is_abandoned_after_the_grace_period() {
    let mut server = HttpServer::start(&["--grace", "1s"]);
    // `blocks` isn't async, so its thread continues after the timeout of 200 ms.
    assert_eq!(kind(&server.call("blocks", json!({ "milliseconds": 60_000 }))), "timeout");
    assert_eq!(server.terminate().code(), Some(1));
    server.stderr.line_with(&["WARN", "are cancelled"]);
}

#[test]
fn open_session_does_not_delay_shutdown() {
    let mut server = HttpServer::start(&["--legacy-sessions", "3", "--grace", "20s"]);
    let id = server.open_session(&[]);
    let mut stream = server.connect();
    stream.write_all(&server.request_bytes("GET", "/mcp", &[("Mcp-Session-Id", &id)], b"")).unwrap();
    let mut first = [0; 16];
    assert!(stream.read(&mut first).unwrap() > 0);
    let begun = Instant::now();
    assert!(server.terminate().success());
    assert!(begun.elapsed() < Duration::from_secs(15), "the open stream delayed the shutdown");
}
