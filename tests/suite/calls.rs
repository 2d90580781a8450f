//! Calls from end to end: arguments, limits, results and audit records. The tools are those of the specimen, the test
//! server in `tests/src/main.rs`.

use std::{process::Command, time::Instant};

use mcp_tool_runtime::{Page, PageRequest, ToolEntry, prelude::*, testing::TestServer};
use serde_json::{Value, json};

use crate::harness::{HttpServer, MAX_WAIT, SPECIMEN, StdioServer, correlation, kind, text, tools_call};

/// Pointer, rule and message of each violation in a tool error.
fn violations(answer: &Value) -> Vec<(&str, &str, &str)> {
    let listed = answer["result"]["_meta"]["dev.mcp-tool/error"]["violations"].as_array();
    let listed = listed.unwrap_or_else(|| panic!("no violations: {answer}"));
    listed
        .iter()
        .map(|violation| {
            let [pointer, rule, message] =
                ["pointer", "rule", "message"].map(|name| violation[name].as_str().unwrap_or_default());
            (pointer, rule, message)
        })
        .collect()
}

#[test]
fn successful_call_returns_text_structured_content_and_contract_metadata() {
    let mut server = StdioServer::initialized(&[]);
    let answer = server.call("measure", json!({ "name": "abc", "n": 5, "mode": "fast" }));
    let result = &answer["result"];
    assert_eq!(result["structuredContent"], json!({ "v": 5, "mode": "fast" }));
    assert_eq!(serde_json::from_str::<Value>(text(&answer)).unwrap(), result["structuredContent"]);
    assert_eq!(result.get("isError"), None);
    assert_eq!(result["_meta"]["dev.mcp-tool/version"], "2.1");
    assert_eq!(result.get("resultType"), None, "a 2025-11-25 result must have no `resultType`");

    let list = server.request("tools/list", json!({}));
    let listed =
        list["result"]["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "measure").unwrap();
    let digest = result["_meta"]["dev.mcp-tool/contract"].as_str().unwrap();
    assert_eq!(listed["_meta"]["dev.mcp-tool/contract"], digest);
    assert!(digest.len() == 71 && digest.starts_with("sha256:"), "{digest}");
}

#[test]
fn invalid_argument_is_refused_before_the_function_runs() {
    // `name` must match ^[a-z]+$ and have at most 5 characters, `n` must be 1 to 10, `mode` is an enum, and the
    // optional `tags` has at most 3 items.
    let mut server = StdioServer::initialized(&[]);
    let good = json!({ "name": "abc", "n": 5, "mode": "fast" });
    let cases = [
        ("n", json!(99), "/n", "maximum", "must be at most 10, got 99"),
        ("n", json!(0), "/n", "minimum", "must be at least 1, got 0"),
        ("n", json!(1.5), "/n", "type", "must be an integer, got a fraction: 1.5"),
        ("n", json!("5"), "/n", "type", "must be an integer, got a string: \"5\""),
        ("n", json!(null), "/n", "type", "must be an integer, got null"),
        ("name", json!("abcdef"), "/name", "maxLength", "must be at most 5 characters, got 6"),
        ("name", json!("ABC"), "/name", "pattern", "must match ^[a-z]+$, got \"ABC\""),
        ("name", json!(["a"]), "/name", "type", "must be a string, got an array"),
        (
            "mode",
            json!("Fast"),
            "/mode",
            "enum",
            "must be one of \"fast\", \"safe\", got \"Fast\"; did you mean \"fast\"?",
        ),
        ("tags", json!(["a", 1]), "/tags/1", "type", "must be a string, got a number: 1"),
        ("tags", json!(["a", "b", "c", "d"]), "/tags", "maxItems", "must have at most 3 items, got 4"),
        ("nmae", json!("x"), "/nmae", "additionalProperties", "unknown argument; did you mean 'name'?"),
    ];
    for (name, value, pointer, rule, message) in cases {
        let mut arguments = good.clone();
        arguments[name] = value;
        let answer = server.call("measure", arguments);
        assert_eq!(kind(&answer), "invalid_arguments");
        assert_eq!(violations(&answer), [(pointer, rule, message)]);
        assert!(text(&answer).contains(&format!("{pointer}: {message}")), "{}", text(&answer));
        let record = server.stderr.record_of(correlation(&answer));
        assert_eq!((&record["outcome"], &record["reason"]), (&json!("refused"), &json!("invalid_arguments")));
        assert_eq!(record["detail"], format!("{pointer}:{rule}"));
    }
    // Each of these spellings is the integer 5.
    for whole in ["5.0", "50e-1", "0.5e1"] {
        let call = format!(
            r#"{{"jsonrpc":"2.0","id":"{whole}","method":"tools/call","params":{{"name":"measure","arguments":{{"name":"abc","n":{whole},"mode":"safe"}}}}}}"#
        );
        server.send(&call);
        assert_eq!(
            server.answer(&json!(whole))["result"]["structuredContent"]["v"],
            5,
            "the schema accepts {whole}, so the call must, too"
        );
    }
}

#[test]
fn violations_are_all_counted_and_eight_are_listed() {
    let mut server = StdioServer::initialized(&[]);
    let answer = server.call("measure", json!({ "name": "ABCDEF", "n": 99, "tags": [1, 2, 3, 4], "x": 1 }));
    let found: Vec<(&str, &str)> =
        violations(&answer).iter().map(|(pointer, rule, _)| (*pointer, *rule)).collect();
    let expected = [
        ("/name", "maxLength"),
        ("/n", "maximum"),
        ("/tags/0", "type"),
        ("/tags/1", "type"),
        ("/tags/2", "type"),
        ("/tags", "maxItems"),
        ("/x", "additionalProperties"),
        ("/mode", "required"),
    ];
    assert_eq!(found, expected);

    // 20 unknown arguments, and the 3 required arguments are missing: 8 violations are listed, 15 only counted.
    let many: Value =
        (0..20).map(|index| (format!("extra_{index}"), json!(1))).collect::<serde_json::Map<_, _>>().into();
    let answer = server.call("measure", many);
    assert_eq!(violations(&answer).len(), 8);
    assert_eq!(answer["result"]["_meta"]["dev.mcp-tool/error"]["moreViolations"], 15);
    assert!(text(&answer).ends_with("… and 15 more"), "{}", text(&answer));
}

#[test]
fn duplicate_argument_is_refused() {
    let mut server = StdioServer::initialized(&[]);
    server.send(
        r#"{"jsonrpc":"2.0","id":"d","method":"tools/call","params":{"name":"measure","arguments":{"name":"abc","n":1,"n":2,"mode":"fast"}}}"#,
    );
    let answer = server.answer(&json!("d"));
    assert_eq!(violations(&answer), [("/n", "duplicate", "given twice")]);
}

#[test]
fn secret_argument_is_neither_echoed_nor_logged_nor_digested() {
    let mut server = StdioServer::initialized(&["--log-level", "trace"]);
    // The secret argument `pin` must be a string of four digits, so these are invalid.
    for pin in [json!("hunter2"), json!("hunt"), json!(8_431_976), json!(["hunter2"])] {
        let answer = server.call("unlock", json!({ "pin": pin, "minutes": 1 }));
        assert_eq!(kind(&answer), "invalid_arguments");
        assert!(!answer.to_string().contains("hunt") && !answer.to_string().contains("8431976"), "{answer}");
    }
    let first = server.call("unlock", json!({ "pin": "1234", "minutes": 1 }));
    let second = server.call("unlock", json!({ "pin": "9876", "minutes": 1 }));
    let [first, second] = [first, second].map(|answer| server.stderr.record_of(correlation(&answer)));
    assert_eq!(
        first["arguments"], second["arguments"],
        "`arguments`, the digest, must not depend on secrets: the digest of a short secret is easily reversed"
    );
    // 26 bytes: `{"pin":"1234","minutes":1}`.
    assert_eq!((&first["outcome"], &first["arguments_bytes"]), (&json!("ok"), &json!(26)));
    let log = server.stderr.text();
    assert!(!log.contains("hunt") && !log.contains("8431976"), "{log}");
}

#[test]
fn echoed_value_has_at_most_64_characters() {
    let mut server = StdioServer::initialized(&[]);
    let answer = server.call("measure", json!({ "name": "abc", "n": 1, "mode": "x".repeat(5_000) }));
    let message = violations(&answer)[0].2;
    // The opening quote is the first of the 64 characters.
    assert_eq!(message.matches('x').count(), 63, "{message}");
    // The answer repeats the name of an unknown argument in several places, truncated in each.
    let answer = server.call("measure", json!({ "y".repeat(5_000): 1 }));
    assert!(answer.to_string().matches('y').count() < 200, "{answer}");
}

#[test]
fn result_that_violates_its_schema_is_not_sent() {
    let mut server = StdioServer::initialized(&[]);
    // `secret` is the part of each result that violates the schema.
    for (tool, reason, secret) in [
        ("overstate", "/v: must be at most 10, got 11", "11"),
        ("overshare", "/password_hash: not in the output schema, but returned", "password_hash"),
        ("not_a_number", "/ratio: must be a number, got null", "ratio"),
    ] {
        let answer = server.call(tool, json!({}));
        assert_eq!(kind(&answer), "internal");
        // The correlation id may contain "11" by chance, so it is not searched.
        let (before, after) = text(&answer).split_once(correlation(&answer)).unwrap();
        assert!(!before.contains(secret) && !after.contains(secret), "{answer}");
        assert_eq!(answer["result"].get("structuredContent"), None);
        let log = server.stderr.line_with(&["ERROR", correlation(&answer)]);
        assert!(log.contains(reason), "{log}");
        assert_eq!(server.stderr.record_of(correlation(&answer))["outcome"], "error");
    }
    // `foreign` returns its argument `v`. The `schemars` crate computes its output schema, in which `v` is at most 10.
    let answer = server.call("foreign", json!({ "v": 10 }));
    assert_eq!(
        answer["result"]["structuredContent"],
        json!({ "v": 10, "more": [{ "name": "a", "share": 0.5 }] })
    );
    let answer = server.call("foreign", json!({ "v": 11 }));
    assert_eq!(kind(&answer), "internal", "a schema that is computed at run time must be enforced, too");
}

#[test]
fn panic_becomes_an_error_and_the_server_continues() {
    let mut server = StdioServer::initialized(&[]);
    for tool in ["panics", "panics_blocking"] {
        let answer = server.call(tool, json!({}));
        assert_eq!(kind(&answer), "internal");
        assert!(!answer.to_string().contains("this text must appear only in the log"), "{answer}");
        server.stderr.line_with(&[
            "ERROR",
            correlation(&answer),
            "panicked: this text must appear only in the log",
        ]);
    }
    assert_eq!(text(&server.call("echo", json!({ "text": "still here" }))), "still here");
}

#[test]
fn call_ends_at_its_timeout() {
    let mut server = StdioServer::initialized(&[]);
    // Both tools sleep for an hour, and have a timeout of 200 ms.
    for (tool, outcome, words) in [
        ("reads_for_ever", "error", "exceeded its timeout"),
        ("writes_for_ever", "unknown", "it is not known whether the call took effect"),
    ] {
        let answer = server.call(tool, json!({}));
        assert_eq!(kind(&answer), "timeout");
        assert!(text(&answer).contains(words), "{answer}");
        let record = server.stderr.record_of(correlation(&answer));
        assert_eq!((&record["outcome"], &record["reason"]), (&json!(outcome), &json!("timeout")));
    }
    let counts = server.call("counts", json!({}))["result"]["structuredContent"].clone();
    assert_eq!(counts["dropped"], 2, "the futures of both functions must be dropped");
}

#[test]
fn server_timeout_applies_to_tools_without_their_own_timeout() {
    let mut server = StdioServer::initialized(&["--timeout", "150ms"]);
    assert_eq!(kind(&server.call("waits", json!({ "milliseconds": 60_000 }))), "timeout");
}

#[test]
fn concurrency_is_limited_per_tool_and_per_server() {
    let mut server = StdioServer::initialized(&["--concurrency", "2"]);
    let call = |id: &str, tool: &str, arguments: Value| {
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": tool, "arguments": arguments } })
            .to_string()
    };
    server.send(&call("a", "waits", json!({ "milliseconds": 60_000 })));
    server.send(&call("b", "waits", json!({ "milliseconds": 0 })));
    let refused = server.receive();
    assert_eq!((&refused["id"], kind(&refused)), (&json!("b"), "unavailable"));
    assert_eq!(refused["result"]["_meta"]["dev.mcp-tool/error"]["retryAfterMs"], 1_000);
    assert!(text(&refused).contains("'waits' runs 1 call at a time"), "{refused}");
    assert!(text(&refused).contains("retry after 1000 ms"), "{refused}");
    assert_eq!(server.stderr.record_of(correlation(&refused))["outcome"], "refused");

    server.send(&call("c", "steps", json!({ "count": 10, "milliseconds": 10_000 })));
    server.send(&call("d", "echo", json!({ "text": "x" })));
    let refused = server.receive();
    assert_eq!((&refused["id"], kind(&refused)), (&json!("d"), "unavailable"));
    assert!(text(&refused).contains("the server runs 2 calls at a time"), "{refused}");

    for id in ["a", "c"] {
        let params = json!({ "requestId": id });
        let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
        server.send(&cancel.to_string());
    }
    for tool in ["waits", "steps"] {
        server.stderr.line_with(&[tool, "cancelled"]);
    }
    assert_eq!(text(&server.call("waits", json!({ "milliseconds": 0 }))), "waited");
}

#[test]
fn failed_write_reports_that_it_may_have_taken_effect() {
    let mut server = StdioServer::initialized(&[]);
    // None of these tools is read-only.
    for (tool, expected) in [
        ("panics", "internal"),
        ("panics_blocking", "internal"),
        ("writes_at_length", "too_large"),
        ("writes_and_overstates", "internal"),
    ] {
        let answer = server.call(tool, json!({}));
        assert_eq!(kind(&answer), expected);
        assert!(text(&answer).contains("check before you try again"), "{answer}");
        let record = server.stderr.record_of(correlation(&answer));
        assert_eq!((&record["outcome"], &record["reason"]), (&json!("unknown"), &json!(expected)), "{tool}");
    }
    let answer = server.call("overstate", json!({}));
    assert!(
        !text(&answer).contains("check before"),
        "`overstate` is read-only and writes nothing, so the caller need not check: {answer}"
    );
    assert_eq!(server.stderr.record_of(correlation(&answer))["outcome"], "error");
    // The function itself reports the invalid argument.
    let answer = server.call("fails", json!({ "failure": "invalid_argument" }));
    assert!(
        !text(&answer).contains("nothing was done"),
        "the function ran, so the answer must not claim that nothing was done: {answer}"
    );
}

#[test]
fn long_messages_are_truncated() {
    let mut server = StdioServer::initialized(&[]);
    // Reports progress and returns an error, each with a message of 100,000 bytes.
    let params = json!({ "name": "rambles", "_meta": { "progressToken": 1 } });
    let answer = server.request("tools/call", params);
    assert_eq!(kind(&answer), "not_found");
    let progress = server.notifications[0]["params"]["message"].as_str().unwrap();
    for message in [text(&answer), progress] {
        assert!(message.len() < 5_000 && message.ends_with('…'), "{} bytes", message.len());
    }
}

#[test]
fn blocking_function_holds_its_slot_until_it_ends() {
    let mut server = StdioServer::initialized(&[]);
    let begun = Instant::now();
    // The tool has a timeout of 200 ms and runs one call at a time. Its thread can't be stopped.
    let answer = server.call("blocks", json!({ "milliseconds": 3_000 }));
    assert_eq!(kind(&answer), "timeout");
    let record = server.stderr.record_of(correlation(&answer));
    assert_eq!(record["outcome"], "unknown", "the thread keeps running and may still write");
    let refused = server.call("blocks", json!({ "milliseconds": 0 }));
    assert_eq!(kind(&refused), "unavailable", "the running function must keep its concurrency slot");
    loop {
        let counts = server.call("counts", json!({}))["result"]["structuredContent"].clone();
        if counts["finished"] == 1 {
            // `told` counts the functions that saw their cancellation.
            assert_eq!(counts["told"], 1, "the function must see that it is cancelled");
            break;
        }
        assert!(begun.elapsed() < MAX_WAIT);
    }
    while kind_or_ok(&server.call("blocks", json!({ "milliseconds": 0 }))) == "unavailable" {
        assert!(begun.elapsed() < MAX_WAIT, "the concurrency slot was not freed");
    }
}

/// Kind of the tool error, or "ok" for a success.
fn kind_or_ok(answer: &Value) -> &str {
    if answer["result"].get("isError").is_some() { kind(answer) } else { "ok" }
}

#[test]
fn oversized_result_is_refused() {
    let mut server = StdioServer::initialized(&[]);
    // The default limit is 1 MiB.
    let answer = server.call("large", json!({ "bytes": 1_048_576 }));
    assert_eq!(text(&answer).len(), 1_048_576);
    for tool in ["large", "large_structure"] {
        let answer = server.call(tool, json!({ "bytes": 1_048_577 }));
        assert_eq!(kind(&answer), "too_large");
        assert!(text(&answer).contains("larger than 1048576 bytes"), "{answer}");
    }
    let mut server = StdioServer::initialized(&["--max-result", "1KiB"]);
    assert_eq!(kind(&server.call("large", json!({ "bytes": 1_025 }))), "too_large");
}

#[test]
fn errors_have_a_kind_and_their_sources_are_only_logged() {
    let mut server = StdioServer::initialized(&[]);
    for (failure, expected, words) in [
        ("refused", "refused", "not while the books are closed"),
        ("not_found", "not_found", "there is none"),
        ("conflict", "conflict", "it was changed meanwhile"),
        ("unavailable", "unavailable", "the printer is out of paper (retry after 1500 ms)"),
        ("internal", "internal", "the server failed; its log has the reason"),
        ("invalid_argument", "invalid_arguments", "/failure: this one is out of fashion"),
    ] {
        let answer = server.call("fails", json!({ "failure": failure }));
        assert_eq!(kind(&answer), expected);
        assert!(text(&answer).contains(words), "{answer}");
        assert!(!answer.to_string().contains("hunter2"), "{answer}");
        assert_eq!(server.stderr.record_of(correlation(&answer))["reason"], expected);
    }
    // The source of the internal error.
    server.stderr.line_with(&["ERROR", "password=hunter2"]);
    for (tool, detail) in
        [("fails_otherwise", "secret detail of the author's"), ("fails_boxed", "secret detail in a box")]
    {
        let answer = server.call(tool, json!({}));
        assert_eq!(kind(&answer), "internal");
        assert!(!answer.to_string().contains("secret detail"), "{answer}");
        server.stderr.line_with(&["ERROR", correlation(&answer), detail]);
    }
}

#[test]
fn scopes_are_enforced_for_calls_and_lists() {
    let mut server = StdioServer::initialized(&[]);
    assert_eq!(
        text(&server.call("measure", json!({ "name": "a", "n": 1, "mode": "fast" }))),
        r#"{"v":1,"mode":"fast"}"#
    );
    server.stderr.line_with(&["WARN", "every caller is the local user and has all scopes"]);

    let mut server = StdioServer::initialized(&["--local-scopes", "specimen:read"]);
    // `whoami` requires `specimen:read` and `specimen:admin`. The error names only the missing scope.
    let refused = server.call("whoami", json!({}));
    assert_eq!(refused["error"]["code"], -31_403);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("specimen:admin") && !message.contains("specimen:read"), "{message}");
    let record = server.stderr.record_of(correlation(&refused));
    assert_eq!((&record["outcome"], &record["reason"]), (&json!("refused"), &json!("insufficient_scope")));

    let list = server.request("tools/list", json!({}));
    let names: Vec<&str> = list["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"measure") && names.contains(&"echo"), "{names:?}");
    assert!(!names.contains(&"whoami") && !names.contains(&"destroys"), "{names:?}");
}

#[test]
fn destructive_tool_without_a_gate_needs_the_operators_permission() {
    let mut server = StdioServer::initialized(&[]);
    let answer = server.call("destroys", json!({ "what": "all" }));
    assert_eq!(kind(&answer), "approval_required");
    assert!(text(&answer).contains("--allow-destructive destroys"), "{answer}");
    let record = server.stderr.record_of(correlation(&answer));
    assert_eq!((&record["outcome"], &record["reason"]), (&json!("refused"), &json!("approval_required")));
    assert_eq!(
        kind(&server.call("destroys", json!({ "what": 7 }))),
        "invalid_arguments",
        "arguments must be checked before the permission"
    );
    assert_eq!(server.call("counts", json!({}))["result"]["structuredContent"]["finished"], 0);

    let mut server = StdioServer::initialized(&["--allow-destructive", "destroys"]);
    assert_eq!(text(&server.call("destroys", json!({ "what": "all" }))), "Done.");
    server.stderr.line_with(&["WARN", "runs without approval"]);
}

#[test]
fn unknown_tool_is_a_recorded_protocol_error() {
    let mut server = StdioServer::initialized(&[]);
    let answer = server.call("mesure", json!({}));
    assert_eq!(answer["error"]["code"], -32_602);
    let record = server.stderr.record_of(correlation(&answer));
    assert_eq!((&record["tool"], &record["reason"]), (&json!("mesure"), &json!("unknown_tool")));
}

#[test]
fn call_leaves_one_record_without_argument_values() {
    let mut server = StdioServer::initialized(&[]);
    let answer = server.call("echo", json!({ "text": "a value of the caller's" }));
    let record = server.stderr.record_of(correlation(&answer));
    let keys: Vec<&String> = record.as_object().unwrap().keys().collect();
    let expected = [
        "agent",
        "arguments",
        "arguments_bytes",
        "contract",
        "correlation_id",
        "duration_us",
        "outcome",
        "result",
        "result_bytes",
        "scopes",
        "time",
        "tool",
        "user",
        "version",
    ];
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(sorted, expected);
    // The agent is the `clientInfo` that the test client sends: name and version.
    assert_eq!((&record["user"], &record["agent"]), (&json!("local"), &json!("harness 1")));
    // Bytes of `{"text":"a value of the caller's"}`, and of the returned text.
    assert_eq!((&record["arguments_bytes"], &record["result_bytes"]), (&json!(34), &json!(23)));
    assert!(!record.to_string().contains("of the caller"), "{record}");
    assert_eq!(server.stderr.records().len(), 1);
}

#[test]
fn records_are_written_to_the_configured_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.jsonl");
    let mut server = StdioServer::initialized(&["--audit-file", file.to_str().unwrap()]);
    for index in 0..50 {
        server.call("echo", json!({ "text": index.to_string() }));
    }
    assert!(server.close().success());
    let lines = std::fs::read_to_string(&file).unwrap();
    assert_eq!(lines.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count(), 50);
    assert!(server.stderr.records().is_empty());
}

#[test]
fn moved_audit_file_is_created_again() {
    let folder = tempfile::tempdir().unwrap();
    let (file, moved) = (folder.path().join("calls.jsonl"), folder.path().join("calls.1.jsonl"));
    let server = HttpServer::start(&["--audit-file", file.to_str().unwrap()]);
    let begun = Instant::now();
    let lines = |path: &std::path::Path| std::fs::read_to_string(path).unwrap_or_default().lines().count();
    server.call("echo", json!({ "text": "before" }));
    while lines(&file) != 1 {
        assert!(begun.elapsed() < MAX_WAIT);
    }
    std::fs::rename(&file, &moved).unwrap();
    server.call("echo", json!({ "text": "after" }));
    while lines(&file) != 1 {
        assert!(begun.elapsed() < MAX_WAIT, "the record was written to the moved file");
    }
    assert_eq!(lines(&moved), 1);
}

#[test]
fn calls_are_refused_when_the_record_queue_is_full() {
    // The folder of the file doesn't exist, so records wait in the queue, which holds 16,384 of them. Until it is full,
    // calls of tools that only read run.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("missing").join("calls.jsonl");
    let mut server = StdioServer::initialized(&["--audit-file", file.to_str().unwrap()]);
    let calls: Vec<String> =
        (0..500).map(|id| tools_call(id, "echo", json!({ "text": "x" })).to_string()).collect();
    for _ in 0..40 {
        server.send(&calls.join("\n"));
        for _ in 0..500 {
            server.receive();
        }
    }
    let refused = server.call("echo", json!({ "text": "x" }));
    assert_eq!(kind(&refused), "unavailable", "read-only tools must be refused, too: {refused}");
}

#[test]
fn write_tools_are_refused_while_the_audit_file_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("later").join("calls.jsonl");
    // The folder `later` doesn't exist yet. The tool `unlock` writes, `echo` is read-only.
    let server = HttpServer::start(&["--audit-file", file.to_str().unwrap()]);
    server.stderr.line_with(&["ERROR", "tools that write are refused"]);
    let refused = server.call("unlock", json!({ "pin": "1234", "minutes": 1 }));
    assert_eq!(kind(&refused), "unavailable");
    assert!(text(&refused).contains("audit record can't be written"), "{refused}");
    assert_eq!(
        text(&server.call("echo", json!({ "text": "read-only tools still run" }))),
        "read-only tools still run"
    );
    assert_eq!(server.send("GET", "/readyz", &[], b"").status, 503);

    std::fs::create_dir(folder.path().join("later")).unwrap();
    server.stderr.line_with(&["WARN", "audit records are written again"]);
    assert_eq!(text(&server.call("unlock", json!({ "pin": "1234", "minutes": 1 }))), "Done.");
    assert_eq!(server.send("GET", "/readyz", &[], b"").status, 200);
    let begun = Instant::now();
    while std::fs::read_to_string(&file).unwrap_or_default().lines().count() < 3 {
        assert!(begun.elapsed() < MAX_WAIT, "the queued records were lost");
    }
}

#[test]
fn write_tools_are_refused_when_the_audit_file_has_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.jsonl");
    // The file size limit of 0 acts like a full disk.
    let mut shell = Command::new("sh");
    let server = HttpServer::start_by(
        shell.args(["-c", "ulimit -S -f 0; exec \"$0\" \"$@\"", SPECIMEN]),
        &["--audit-file", file.to_str().unwrap()],
    );
    server.call("echo", json!({ "text": "first record" }));
    server.stderr.line_with(&["ERROR", "tools that write are refused"]);
    assert_eq!(kind(&server.call("unlock", json!({ "pin": "1234", "minutes": 1 }))), "unavailable");
    assert_eq!(
        text(&server.call("echo", json!({ "text": "read-only tools still run" }))),
        "read-only tools still run"
    );
}

#[test]
fn truncated_record_is_rewritten_when_space_returns() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.jsonl");
    // Starts the server with a limit of two blocks for each file that it writes. Below, `prlimit` removes the limit.
    let limited = "ulimit -S -f 2; exec \"$0\" \"$@\"";
    let mut shell = Command::new("sh");
    let server = HttpServer::start_by(
        shell.args(["-c", limited, SPECIMEN]),
        &["--audit-file", file.to_str().unwrap()],
    );
    let mut ids = Vec::new();
    for _ in 0..20 {
        let answer = server.call("echo", json!({ "text": "x" }));
        assert_eq!(text(&answer), "x", "read-only tools must still run");
        ids.push(correlation(&answer).to_owned());
    }
    server.stderr.line_with(&["ERROR", "tools that write are refused"]);
    assert!(
        !std::fs::read_to_string(&file).unwrap().ends_with('\n'),
        "the limit must have truncated the last line"
    );

    let process = server.process().to_string();
    let lifted = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &process]).status();
    assert!(lifted.unwrap().success());
    server.stderr.line_with(&["WARN", "audit records are written again"]);
    let begun = Instant::now();
    for id in &ids {
        let has_id = |line: &str| {
            serde_json::from_str(line).is_ok_and(|record: Value| record["correlation_id"] == **id)
        };
        while !std::fs::read_to_string(&file).unwrap().lines().any(has_id) {
            assert!(begun.elapsed() < MAX_WAIT, "{id} is lost");
        }
    }
}

#[test]
fn cursor_continues_after_the_previous_page() {
    let server = HttpServer::start(&[]);
    let page = |arguments: Value| server.call("numbers", arguments)["result"]["structuredContent"].clone();
    let first = page(json!({ "below": 5, "limit": 2 }));
    assert_eq!(first["items"], json!([{ "n": 0 }, { "n": 1 }]));
    let second = page(json!({ "below": 5, "limit": 2, "cursor": first["next_cursor"] }));
    assert_eq!(second["items"], json!([{ "n": 2 }, { "n": 3 }]));
    let third = page(json!({ "below": 5, "cursor": second["next_cursor"] }));
    assert_eq!(third, json!({ "items": [{ "n": 4 }] }));

    let refused = |arguments: Value| violations(&server.call("numbers", arguments))[0].1.to_owned();
    assert_eq!(
        refused(json!({ "below": 6, "cursor": first["next_cursor"] })),
        "cursor",
        "a cursor must be refused with other arguments"
    );
    assert_eq!(refused(json!({ "below": 5, "cursor": "AAAA" })), "cursor");
    assert_eq!(refused(json!({ "below": 5, "limit": 101 })), "maximum");
    assert_eq!(
        violations(&server.call("others", json!({ "below": 5, "cursor": first["next_cursor"] })))[0].1,
        "cursor",
        "a cursor of another tool must be refused, although that tool lists the same numbers"
    );
    let other = HttpServer::start(&[]);
    let answer = other.call("numbers", json!({ "below": 5, "cursor": first["next_cursor"] }));
    assert_eq!(violations(&answer)[0].1, "cursor", "a cursor that another process sealed must be refused");
}

#[test]
fn replicas_with_one_seal_key_accept_each_others_cursors() {
    // 32 bytes in Base64.
    let key = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
    let start = || HttpServer::start_by(Command::new(SPECIMEN).env("MCP_TOOL_SEAL_KEYS", key), &[]);
    let (one, two) = (start(), start());
    let first = one.call("numbers", json!({ "below": 5, "limit": 2 }))["result"]["structuredContent"].clone();
    let second = two.call("numbers", json!({ "below": 5, "limit": 2, "cursor": first["next_cursor"] }));
    assert_eq!(second["result"]["structuredContent"]["items"], json!([{ "n": 2 }, { "n": 3 }]));
}

/// An entry of a log.
#[derive(serde::Serialize, ToolSchema)]
struct LogEntry {
    /// Number of the entry.
    number: u32,
}

/// Log an entry, and list the log.
#[mcp_tool(version = "1.0", public)]
async fn log(page: PageRequest) -> Result<Page<LogEntry>, ToolError> {
    // A key above the maximum size of 700 bytes, found only after the function has written.
    let rows = vec![LogEntry { number: 1 }, LogEntry { number: 2 }];
    Page::keyset(rows, &page, |_| "x".repeat(701))
}

#[tokio::test]
async fn page_that_fails_after_a_write_leaves_the_effect_in_doubt() {
    let tools: &[ToolEntry] = tools![log];
    let server = TestServer::start(ToolServer::new("log", "1").tools(tools)).await.unwrap();
    let error = server.call("log", json!({ "limit": 1 })).await.unwrap_err();
    assert!(error.to_string().contains("check before you try again"), "{error}");
    assert_eq!(server.records()[0]["outcome"], "unknown");
}
