//! The stdio transport: framing, both protocol revisions, cancellation and shutdown. In names, `modern` means
//! 2026-07-28 and `legacy` 2025-11-25. The called tools are those of the test server, named `specimen`.

use std::{
    io::{BufRead as _, Write as _},
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::harness::{
    MAX_WAIT, SPECIMEN, StdioServer, correlation, kind, modern, resident, text, tools_call, wait,
};

#[test]
fn both_protocol_revisions_are_served_by_one_process() {
    let mut server = StdioServer::initialized(&[]);
    let legacy = server.call("echo", json!({ "text": "old" }));
    assert_eq!((text(&legacy), legacy["result"].get("resultType")), ("old", None));

    let call = json!({ "name": "echo", "arguments": { "text": "new" } });
    server.send(&modern(900, "tools/call", call, json!({})).to_string());
    let answer = server.answer(&json!(900));
    assert_eq!((text(&answer), &answer["result"]["resultType"]), ("new", &json!("complete")));
    let info = &answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!(info, &json!({ "name": "specimen", "version": "1.2.3" }));
    assert_eq!(text(&server.call("echo", json!({ "text": "old again" }))), "old again");
}

#[test]
fn modern_client_needs_no_initialize() {
    let mut server = StdioServer::start(&[]);
    let call = json!({ "name": "echo", "arguments": { "text": "at once" } });
    server.send(&modern(1, "tools/call", call, json!({})).to_string());
    assert_eq!(text(&server.answer(&json!(1))), "at once");

    server.send(&modern(2, "server/discover", json!({}), json!({})).to_string());
    let found = server.answer(&json!(2));
    assert_eq!(found["result"]["supportedVersions"].as_array().unwrap().last().unwrap(), "2026-07-28");
    assert!(
        found["result"]["ttlMs"].as_u64().is_some() && found["result"]["cacheScope"].is_string(),
        "{found}"
    );

    server.send(&modern(3, "tools/list", json!({}), json!({})).to_string());
    let list = server.answer(&json!(3));
    assert_eq!(list["result"]["resultType"], "complete");
    assert_eq!(
        (&list["result"]["cacheScope"], &list["result"]["ttlMs"]),
        (&json!("private"), &json!(60_000))
    );
    assert_eq!(list["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "specimen");
}

#[test]
fn call_of_neither_protocol_revision_is_refused() {
    let mut server = StdioServer::start(&[]);
    let answer = server.call("echo", json!({ "text": "x" }));
    assert_eq!(answer["error"]["code"], -32_602, "{answer}");
    let call = json!({ "name": "echo", "arguments": { "text": "x" } });
    // `null` removes a member from the `_meta` of a complete request.
    let bare = json!({ "io.modelcontextprotocol/clientCapabilities": null });
    server.send(&modern(7, "tools/call", call.clone(), bare).to_string());
    assert_eq!(server.answer(&json!(7))["error"]["code"], -32_602);
    let ancient = json!({
        "io.modelcontextprotocol/protocolVersion": "1900-01-01",
        "io.modelcontextprotocol/clientCapabilities": null,
    });
    server.send(&modern(8, "tools/call", call, ancient).to_string());
    let answer = server.answer(&json!(8));
    assert_eq!(answer["error"]["code"], -32_022);
    assert_eq!(answer["error"]["data"]["requested"], "1900-01-01");
    assert!(answer["error"]["data"]["supported"].as_array().unwrap().contains(&json!("2026-07-28")));
}

#[test]
fn malformed_lines_are_answered_and_skipped() {
    let mut server = StdioServer::initialized(&[]);
    let cases: [(&[u8], i64, Value); 12] = [
        (b"{", -32_700, Value::Null),
        (b"nonsense", -32_700, Value::Null),
        (b"\"\xff\xfe\"", -32_700, Value::Null),
        (b"[]", -32_600, Value::Null),
        (b"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", -32_600, Value::Null),
        (b"7", -32_600, Value::Null),
        (b"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", -32_600, json!(1)),
        (b"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}", -32_600, Value::Null),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":[]}", -32_602, json!(1)),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":7}}", -32_602, json!(1)),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":[1,2]}}", -32_602, json!(1)),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":\"x\"}}", -32_602, json!(1)),
    ];
    for (line, code, id) in cases {
        server.send_bytes(line);
        let answer = server.receive();
        let line = String::from_utf8_lossy(line);
        assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(code), &id), "{line}: {answer}");
        assert!(answer["error"]["message"].as_str().unwrap().len() > 10, "{answer}");
    }
    server.send_bytes(b"   ");
    assert_eq!(text(&server.call("echo", json!({ "text": "still here" }))), "still here");
}

#[test]
fn unexpected_messages_before_initialize_do_not_end_the_server() {
    let mut server = StdioServer::start(&[]);
    server.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#);
    server.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    server.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#);
    server.send(r#"{"jsonrpc":"2.0","id":5,"result":{}}"#);
    assert!(server.request("tools/list", json!({}))["error"].is_object());
    let client = json!({ "name": "harness", "version": "1" });
    let hello = json!({ "protocolVersion": "1999-01-01", "capabilities": {}, "clientInfo": client });
    assert_eq!(server.request("initialize", hello)["result"]["protocolVersion"], "2025-11-25");
    assert_eq!(text(&server.call("echo", json!({ "text": "open" }))), "open");
}

#[test]
fn oversized_line_is_refused_and_skipped() {
    let mut server = StdioServer::initialized(&[]);
    let stdin = server.stdin.as_mut().unwrap();
    // One line of 20 MiB; at most 4 MiB are accepted.
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..20 {
        stdin.write_all(&chunk).unwrap();
    }
    stdin.write_all(b"\n").unwrap();
    assert_eq!(server.receive()["error"]["code"], -32_600);
    assert_eq!(text(&server.call("echo", json!({ "text": "still here" }))), "still here");
}

#[test]
fn undeclared_methods_are_unknown() {
    let mut server = StdioServer::initialized(&[]);
    for (method, params) in [
        ("prompts/list", json!({})),
        ("prompts/get", json!({ "name": "x" })),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("resources/read", json!({ "uri": "a:b" })),
        ("tools/destroy", json!({})),
    ] {
        let answer = server.request(method, params);
        assert_eq!(answer["error"]["code"], -32_601, "{method}: {answer}");
    }
    assert_eq!(server.request("tools/list", json!({ "cursor": "x" }))["error"]["code"], -32_602);
    assert_eq!(server.request("ping", json!({}))["result"], json!({}));
}

#[test]
fn tools_list_is_ordered_and_has_flat_portable_schemas() {
    let mut server = StdioServer::initialized(&[]);
    let list = server.request("tools/list", json!({}));
    let again = server.request("tools/list", json!({}));
    assert_eq!(list["result"], again["result"]);
    let tools = list["result"]["tools"].as_array().unwrap();
    assert_eq!((&tools[0]["name"], &tools[1]["name"]), (&json!("counts"), &json!("measure")));
    let none = json!({ "type": "object", "properties": {}, "required": [], "additionalProperties": false });
    assert_eq!(tools[0]["inputSchema"], none);
    let measure = json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "description": "Lower-case letters.", "maxLength": 5, "pattern": "^[a-z]+$" },
            "n": { "type": "integer", "description": "From one to ten.", "minimum": 1, "maximum": 10 },
            "mode": { "type": "string", "description": "The mode.", "enum": ["fast", "safe"] },
            "tags": {
                "type": "array", "description": "Tags.",
                "items": { "type": "string", "maxLength": 1024 }, "maxItems": 3,
            },
        },
        "required": ["name", "n", "mode"],
        "additionalProperties": false,
    });
    assert_eq!(tools[1]["inputSchema"], measure);
    let hints = json!({ "readOnlyHint": true, "destructiveHint": false, "idempotentHint": false, "openWorldHint": false });
    assert_eq!(tools[1]["annotations"], hints);
    let order = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(order(&tools[1]["inputSchema"]["properties"]), ["name", "n", "mode", "tags"]);
    for tool in tools {
        let mut schema = tool["inputSchema"].clone();
        // This tool has `constraints`, which add keywords that aren't portable.
        if tool["name"] == "either" {
            assert!(schema.as_object_mut().unwrap().remove("anyOf").is_some(), "{tool}");
        }
        check_portable(&schema, tool["name"].as_str().unwrap());
        for (name, property) in tool["inputSchema"]["properties"].as_object().unwrap() {
            assert!(property["description"].as_str().is_some_and(|text| !text.is_empty()), "{tool} {name}");
        }
        if let Some(output) = tool.get("outputSchema") {
            assert_eq!(output["type"], "object", "{tool}");
            check_output_portable(output, tool["name"].as_str().unwrap());
        }
    }
}

/// Checks that the validators of clients support an output schema: it has only formats that they know, and lacks the
/// keywords that some of them don't support.
fn check_output_portable(schema: &Value, tool: &str) {
    let Value::Object(keywords) = schema else {
        return schema
            .as_array()
            .into_iter()
            .flatten()
            .for_each(|schema| check_output_portable(schema, tool));
    };
    for (keyword, value) in keywords {
        match keyword.as_str() {
            "properties" => {
                value.as_object().unwrap().values().for_each(|schema| check_output_portable(schema, tool));
            }
            "format" => {
                let known = ["date", "date-time", "duration", "ipv4", "ipv6", "uri", "uuid"];
                assert!(known.contains(&value.as_str().unwrap()), "{tool}: {value}");
            }
            "$ref" | "$defs" | "$schema" | "title" => panic!("{tool}: {keyword}"),
            _ => check_output_portable(value, tool),
        }
    }
}

/// Checks that an input schema has only keywords that all known clients accept. Because of another keyword, a client
/// may reject the whole list.
fn check_portable(schema: &Value, tool: &str) {
    const ALLOWED: [&str; 16] = [
        "type",
        "description",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "enum",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "pattern",
        "format",
        // Clients that don't know this keyword ignore it.
        "x-mcp-header",
    ];
    for (keyword, value) in schema.as_object().unwrap() {
        assert!(ALLOWED.contains(&keyword.as_str()), "{tool}: {keyword}");
        match keyword.as_str() {
            "type" => assert!(value.is_string(), "{tool}: {value}"),
            "properties" => {
                value.as_object().unwrap().values().for_each(|schema| check_portable(schema, tool));
            }
            "items" => check_portable(value, tool),
            _ => {}
        }
    }
}

#[test]
fn stdout_carries_only_protocol_messages() {
    let mut server = StdioServer::initialized(&[]);
    // The server redirects what a tool prints to stderr.
    assert_eq!(text(&server.call("prints", json!({ "text": "not the protocol" }))), "printed");
    server.stderr.line_with(&["not the protocol"]);
}

#[test]
fn cancelled_call_is_dropped_and_not_answered() {
    let mut server = StdioServer::initialized(&[]);
    server.send(r#"{"jsonrpc":"2.0","id":"long","method":"tools/call","params":{"name":"waits","arguments":{"milliseconds":60000}}}"#);
    // `waits` runs one call at a time. Messages are handled in order, so the first call is admitted before this one.
    assert_eq!(kind(&server.call("waits", json!({ "milliseconds": 0 }))), "unavailable");
    // Wait until the function of the first call runs, because only a running function is counted as dropped.
    let begun = Instant::now();
    while server.call("counts", json!({}))["result"]["structuredContent"]["running"] != 1 {
        assert!(begun.elapsed() < MAX_WAIT, "the call never ran");
    }
    server.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"long","reason":"changed my mind"}}"#);
    let begun = Instant::now();
    while server.call("counts", json!({}))["result"]["structuredContent"]["dropped"] != 1 {
        assert!(begun.elapsed() < MAX_WAIT, "the call was not dropped");
    }
    let record = server.stderr.line_with(&["\"cancelled\"", "\"waits\""]);
    assert!(record.contains(r#""outcome":"cancelled""#), "{record}");
    assert!(server.is_silent(Duration::from_millis(200)), "a cancelled call was answered");
    assert_eq!(
        text(&server.call("waits", json!({ "milliseconds": 0 }))),
        "waited",
        "the concurrency slot of the cancelled call must be free"
    );
}

#[test]
fn progress_arrives_in_order_before_the_response() {
    let mut server = StdioServer::initialized(&[]);
    let params =
        json!({ "name": "steps", "arguments": { "count": 3 }, "_meta": { "progressToken": "p\"1" } });
    let answer = server.request("tools/call", params);
    assert_eq!(text(&answer), "3 steps");
    let reports: Vec<Value> = server.notifications.iter().map(|report| report["params"].clone()).collect();
    let expected = |step: u32| json!({ "progressToken": "p\"1", "progress": f64::from(step), "total": 3.0, "message": format!("step {step}") });
    assert_eq!(reports, [expected(1), expected(2), expected(3)]);
    assert!(server.is_silent(Duration::from_millis(50)), "progress arrived after the response");
    server.notifications.clear();
    assert_eq!(text(&server.call("steps", json!({ "count": 3 }))), "3 steps");
    assert!(server.notifications.is_empty(), "progress was reported, although none was requested");
}

#[test]
fn concurrent_calls_cannot_share_an_id() {
    let mut server = StdioServer::initialized(&[]);
    let call = r#"{"jsonrpc":"2.0","id":"same","method":"tools/call","params":{"name":"steps","arguments":{"count":10,"milliseconds":10000}}}"#;
    server.send(call);
    server.send(call);
    let refused = server.receive();
    assert_eq!(refused["error"]["code"], -32_600);
    let record = server.stderr.record_of(correlation(&refused));
    assert_eq!((&record["tool"], &record["reason"]), (&json!("steps"), &json!("invalid_request")));
}

#[test]
fn concurrent_lists_with_one_id_are_each_answered() {
    let mut server = StdioServer::initialized(&[]);
    let list = r#"{"jsonrpc":"2.0","id":"same","method":"tools/list"}"#;
    server.send(&[list; 20].join("\n"));
    let answers: Vec<Value> = (0..20).map(|_| server.receive()).collect();
    assert!(
        answers.iter().all(|answer| answer["id"] == "same"),
        "each request must be answered: {answers:?}"
    );
    // A list may be refused because its id is in use, but not every one.
    assert!(answers.iter().any(|answer| answer["result"].is_object()));
}

#[test]
fn calls_run_concurrently() {
    let mut server = StdioServer::initialized(&[]);
    for id in 0..20 {
        server.send(&line(id, "steps", json!({ "count": 1, "milliseconds": 400 })));
    }
    let begun = Instant::now();
    for _ in 0..20 {
        assert_eq!(text(&server.receive()), "1 steps");
    }
    assert!(begun.elapsed() < Duration::from_millis(20 * 400), "the calls ran one after the other");
}

/// Returns a call as one line.
fn line(id: impl Into<Value>, tool: &str, arguments: Value) -> String {
    tools_call(id, tool, arguments).to_string()
}

#[test]
fn every_call_is_answered_after_the_input_ends() {
    let mut server = StdioServer::initialized(&["--concurrency", "100000"]);
    let lines: Vec<String> = (0..10_000)
        .map(|id| match id % 100 {
            // Every hundredth call takes at least 5 ms.
            50 => line(id, "steps", json!({ "count": 1, "milliseconds": 5 })),
            _ => line(id, "echo", json!({ "text": id.to_string() })),
        })
        .collect();
    server.send(&lines.join("\n"));
    server.stdin = None;
    let mut answered = vec![false; lines.len()];
    for _ in &lines {
        let answer = server.receive();
        let id = answer["id"].as_u64().unwrap();
        let expected = if id % 100 == 50 { "1 steps".to_owned() } else { id.to_string() };
        assert_eq!(text(&answer), expected, "{answer}");
        assert!(!std::mem::replace(&mut answered[id as usize], true), "{id} was answered twice");
    }
    assert!(server.close().success());
}

#[test]
fn function_that_never_yields_blocks_no_other_call() {
    // `spins` occupies a thread until `releases` is called.
    for in_one_write in [true, false] {
        let mut server = StdioServer::initialized(&[]);
        server.send(&line("first", "spins", json!({})));
        let rest = [
            line("echo", "echo", json!({ "text": "meanwhile" })),
            line("second", "spins", json!({})),
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"second"}}"#
                .to_owned(),
            line("first", "echo", json!({ "text": "an id that is taken" })),
            line("releases", "releases", json!({})),
        ];
        if in_one_write {
            server.send(&rest.join("\n"));
        } else {
            rest.iter().for_each(|line| server.send(line));
        }
        assert_eq!(text(&server.answer(&json!("echo"))), "meanwhile");
        assert_eq!(server.answer(&json!("first"))["error"]["code"], -32_600);
        let last = [server.receive(), server.receive()];
        let mut ids = last.map(|answer| (answer["id"].to_string(), text(&answer).to_owned()));
        ids.sort();
        let released = |id: &str| (format!("\"{id}\""), "released".to_owned());
        assert_eq!(ids, [released("first"), released("releases")]);
        assert!(server.is_silent(Duration::from_millis(100)), "a cancelled call was answered");
        // The server still reads its input.
        assert_eq!(text(&server.call("echo", json!({ "text": "still here" }))), "still here");
        assert!(server.close().success());
    }
}

#[test]
fn call_is_cancelled_by_the_next_line() {
    let mut server = StdioServer::initialized(&[]);
    let lines = [
        line("long", "steps", json!({ "count": 1_000, "milliseconds": 10_000 })),
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"long"}}"#.to_owned(),
        line("next", "echo", json!({ "text": "next" })),
    ];
    server.send(&lines.join("\n"));
    assert_eq!(text(&server.answer(&json!("next"))), "next");
    let record = server.stderr.line_with(&["\"cancelled\"", "\"steps\""]);
    assert!(record.contains(r#""outcome":"cancelled""#), "{record}");
    assert!(server.close().success(), "the call was still running");
    assert!(server.is_silent(Duration::from_millis(100)), "a cancelled call was answered");
}

#[test]
fn end_of_input_lets_calls_finish_and_ends_the_server() {
    let mut server = StdioServer::initialized(&[]);
    server.send(&line(1, "steps", json!({ "count": 1, "milliseconds": 400 })));
    server.send(&json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" }).to_string());
    assert!(server.close().success());
    let mut ids = [server.receive()["id"].clone(), server.receive()["id"].clone()];
    ids.sort_by_key(Value::to_string);
    assert_eq!(ids, [1, 2]);
}

#[test]
fn blocking_call_is_abandoned_once_the_client_is_gone() {
    let mut server = StdioServer::initialized(&[]);
    // `blocks` has a timeout of 200 ms, but its function sleeps on.
    assert_eq!(kind(&server.call("blocks", json!({ "milliseconds": 60_000 }))), "timeout");
    assert_eq!(server.close().code(), Some(1), "the server must exit without waiting for the blocking call");
    server.stderr.line_with(&["WARN", "are cancelled"]);
    assert_eq!(server.stderr.records().len(), 1, "the call must have one audit record");
}

#[test]
fn unread_log_blocks_no_call() {
    let mut child = Command::new(SPECIMEN)
        .args(["serve", "--stdio"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        // This pipe is never read.
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let call = |name: &str, arguments: Value| {
        modern(1, "tools/call", json!({ "name": name, "arguments": arguments }), json!({})).to_string()
    };
    let mut send = |lines: &[String]| {
        writeln!(stdin, "{}", lines.join("\n")).unwrap();
        let answers = lines.iter().map(|_| serde_json::from_str(&stdout.next().unwrap().unwrap()).unwrap());
        answers.collect::<Vec<Value>>()
    };
    // No tool is named `nobody`. The refusals of these calls log far more than the pipe and the log queue hold.
    let unknown: Vec<String> = vec![call("nobody", json!({})); 500];
    for _ in 0..36 {
        send(&unknown);
    }
    for _ in 0..4 {
        assert_eq!(kind(&send(&[call("fails", json!({ "failure": "internal" }))])[0]), "internal");
    }
    assert_eq!(text(&send(&[call("echo", json!({ "text": "still here" }))])[0]), "still here");
    drop(stdin);
    assert!(wait(&mut child).success());
}

#[test]
fn unread_responses_stop_the_reading_of_requests() {
    let list = |id| json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" }).to_string();
    leave_unread(20_000, 64, list);
}

#[test]
fn unread_call_results_stop_the_reading_of_calls() {
    // All responses together have 2 GB. The server queues at most 8 MiB of them, and the allocator retains some memory.
    leave_unread(20_000, 128, |id| line(id, "large", json!({ "bytes": 100_000 })));
}

/// Sends messages without reading responses, and checks that the memory of the server grows by less than `max_growth`
/// MiB.
fn leave_unread(messages: u32, max_growth: u64, message: impl Fn(u32) -> String + Send + 'static) {
    let mut server = StdioServer::initialized_unread(&[]);
    let before = resident(server.process());
    let mut stdin = server.stdin.take().unwrap();
    // The writer blocks once the server stops reading, and ends with the server.
    let flood = std::thread::spawn(move || {
        (0..messages).find(|id| writeln!(stdin, "{}", message(*id)).is_err()).unwrap_or(messages)
    });
    let mut last = 0;
    // Wait until the memory stops growing.
    loop {
        std::thread::sleep(Duration::from_millis(1_000));
        let now = resident(server.process());
        if now <= last + 512 {
            break;
        }
        last = now;
    }
    assert!(last < before + max_growth * 1_024, "{before} KiB before, {last} KiB after");
    assert_eq!(server.terminate().code(), Some(1));
    assert!(flood.join().unwrap() < messages, "the server read every message, although no response was read");
}

#[test]
fn client_that_closes_its_input_and_reads_nothing_is_abandoned() {
    let mut server = StdioServer::initialized_unread(&[]);
    for id in 0..20 {
        server.send(&line(id, "large", json!({ "bytes": 1_000_000 })));
    }
    assert_eq!(server.close().code(), Some(1));
    server.stderr.line_with(&["WARN", "doesn't read its answers"]);
}

#[test]
fn unread_results_do_not_prevent_shutdown() {
    let mut server = StdioServer::initialized_unread(&[]);
    for id in 0..40 {
        server.send(&line(id, "large", json!({ "bytes": 1_000_000 })));
    }
    server.stderr.line_with(&["\"large\"", "\"ok\""]);
    assert_eq!(server.terminate().code(), Some(1));
    server.stderr.line_with(&["WARN", "doesn't read its answers"]);
}

#[test]
fn unread_refusals_do_not_prevent_shutdown() {
    let mut server = StdioServer::initialized_unread(&[]);
    let mut stdin = server.stdin.take().unwrap();
    // Each malformed line gets a small refusal. All refusals together exceed the response queue.
    let flood = std::thread::spawn(move || while stdin.write_all(b"{\n").is_ok() {});
    // Time for the refusals to fill the queue.
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(server.terminate().code(), Some(1));
    flood.join().unwrap();
}

#[test]
fn unsatisfiable_requirement_and_unexpected_request_state_are_refused() {
    let mut server = StdioServer::initialized(&[]);
    // `echo` has only version 1.0.
    let meta = json!({ "dev.mcp-tool/requires": "^2" });
    let answer =
        server.request("tools/call", json!({ "name": "echo", "arguments": { "text": "x" }, "_meta": meta }));
    assert_eq!(answer["error"]["code"], -32_602);
    // A legacy call has no `requestState`.
    let answer = server.request("tools/call", json!({ "name": "echo", "requestState": "x" }));
    assert_eq!(answer["error"]["code"], -32_602);
}

/// Returns a request that opens a stream, with `junk` bytes of unknown `_meta`.
fn listen(id: i64, junk: usize) -> String {
    let params = json!({ "notifications": { "toolsListChanged": true } });
    modern(id, "subscriptions/listen", params, json!({ "junk": "x".repeat(junk) })).to_string()
}

fn cancelled(id: i64) -> String {
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } })
        .to_string()
}

/// The size of the `_meta` that opens a stream, and the number of streams per client, are limited.
#[test]
fn open_streams_leave_capacity_for_other_requests() {
    let mut server = StdioServer::start(&[]);
    server.send(&listen(1, 20_000));
    let refused = server.answer(&json!(1));
    assert_eq!(refused["error"]["code"], -32_600, "{refused}");
    assert!(refused["error"]["message"].as_str().unwrap().contains("at most 16384 bytes"), "{refused}");
    // At most 64 streams and other requests that rmcp answers are open at a time.
    for id in 2..=66 {
        server.send(&listen(id, 0));
    }
    let busy = server.answer(&json!(66));
    assert_eq!(busy["error"]["code"], -32_603, "{busy}");
    server.send(&cancelled(2));
    let call = json!({ "name": "echo", "arguments": { "text": "x" } });
    server.send(&modern(67, "tools/call", call, json!({})).to_string());
    assert_eq!(server.answer(&json!(67))["result"]["content"][0]["text"], "x");
}

/// Only a later message can close a stream, so a list must not wait for one without a limit.
#[test]
fn list_of_a_custom_policy_is_refused_while_too_many_streams_are_open() {
    let mut command = Command::new(SPECIMEN);
    command.env("SPECIMEN_DENIES", "measure");
    let mut server = StdioServer::start_by(&mut command, &[]);
    for id in 1..=64 {
        server.send(&listen(id, 0));
    }
    let list = |id: i64| modern(id, "tools/list", json!({}), json!({})).to_string();
    server.send(&list(65));
    let busy = server.answer(&json!(65));
    assert_eq!(busy["error"]["code"], -32_603, "{busy}");
    server.send(&cancelled(1));
    server.send(&list(66));
    let listed = server.answer(&json!(66));
    assert!(listed["result"]["tools"].is_array(), "{listed}");
}
