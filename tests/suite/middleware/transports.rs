//! Middleware on each transport and protocol revision. `legacy` calls are those of 2025-11-25, `modern` ones those of
//! 2026-07-28.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{self, HttpServer, SPECIMEN, Stderr, StdioServer, correlation, kind, text, tools_call};

/// The specimen (the test server in `tests/src`) with its middleware: the loggers `outer` and `inner` for all tools; a
/// tenant check for `echo` and `steps`, which requires the header `X-Tenant: acme`; and a panic after each call of
/// `unlock`.
fn with_middleware() -> Command {
    let mut command = Command::new(SPECIMEN);
    command.env("SPECIMEN_MIDDLEWARE", "yes");
    command
}

/// Checks that both loggers of the specimen logged a call of `tool` with a result of `bytes` bytes.
fn check_passed(stderr: &Stderr, tool: &str, bytes: usize) {
    for name in ["outer", "inner"] {
        stderr.line_with(&[&format!("the {name} middleware takes {tool}")]);
        stderr.line_with(&[&format!("the {name} middleware saw {tool}: None, begun true, {bytes} bytes")]);
    }
}

/// Checks that the tenant check of the specimen refused a call.
fn check_refused(stderr: &Stderr, answer: &Value) {
    assert_eq!((kind(answer), text(answer)), ("refused", "X-Tenant has to be acme"));
    let record = stderr.record_of(correlation(answer));
    assert_eq!((&record["outcome"], &record["reason"]), (&json!("refused"), &json!("refused")));
    assert!(record.get("arguments").is_none(), "middleware must run before arguments are parsed: {record}");
}

#[test]
fn http_calls_of_both_revisions_pass_through_middleware() {
    let server = HttpServer::start_by(&mut with_middleware(), &[]);
    let echo = |text: &str| json!({ "name": "echo", "arguments": { "text": text } });
    let legacy = |text: &str| tools_call(1, "echo", json!({ "text": text }));
    // The tenant check refuses a call if it can read `User-Agent`, a header that it doesn't declare.
    let tenant = [("X-Tenant", "acme"), ("User-Agent", "harness")];
    let modern =
        |headers: &[(&str, &str)], text: &str| server.modern("tools/call", echo(text), json!({}), headers);

    assert_eq!(text(&modern(&tenant, "modern").json()), "modern");
    check_passed(&server.stderr, "echo", "modern".len());
    assert_eq!(text(&server.post(&tenant, &legacy("legacy era")).json()), "legacy era");
    check_passed(&server.stderr, "echo", "legacy era".len());
    for headers in [&[][..], &[("X-Tenant", "apex")]] {
        for reply in [modern(headers, "x"), server.post(headers, &legacy("x"))] {
            assert_eq!(reply.status, 200);
            check_refused(&server.stderr, &reply.json());
        }
    }
    // `counts` has no tenant check.
    assert_eq!(server.count("finished"), 0);

    // A call with progress is answered by an event stream, another code path.
    let steps = json!({ "name": "steps", "arguments": { "count": 2 } });
    let events = server.modern("tools/call", steps, json!({ "progressToken": "t" }), &tenant).events();
    assert_eq!(text(events.last().unwrap()), "2 steps");
    check_passed(&server.stderr, "steps", "2 steps".len());
}

#[test]
fn duplicate_or_non_ascii_header_is_refused_before_middleware() {
    let server = HttpServer::start_by(&mut with_middleware(), &["--legacy-sessions", "3"]);
    let params = json!({ "name": "echo", "arguments": { "text": "x" } });
    let legacy = tools_call(1, "echo", json!({ "text": "x" }));
    let session = server.open_session(&[]);
    let twice = [("X-Tenant", "acme"), ("x-tenant", "acme")];
    let non_ascii = [("X-Tenant", "acm\u{e9}")];
    for (headers, message) in
        [(&twice[..], "the header X-Tenant must not be repeated"), (&non_ascii, "must be visible ASCII")]
    {
        let in_session: Vec<_> =
            headers.iter().copied().chain([("Mcp-Session-Id", session.as_str())]).collect();
        for reply in [
            server.modern("tools/call", params.clone(), json!({}), headers),
            server.post(headers, &legacy),
            server.post(&in_session, &legacy),
        ] {
            let answer = reply.json();
            assert_eq!((reply.status, &answer["error"]["code"]), (400, &json!(-32_020)), "{reply:?}");
            assert!(answer["error"]["message"].as_str().unwrap().contains(message), "{answer}");
            assert_eq!(server.stderr.record_of(correlation(&answer))["reason"], "header_mismatch");
        }
    }
    assert!(!server.stderr.text().contains("middleware takes echo"));
    // A server without middleware ignores the header.
    let server = HttpServer::start(&[]);
    assert_eq!(text(&server.post(&twice, &legacy).json()), "x");
}

#[test]
fn middleware_example_checks_a_header_and_meters_calls() {
    let folder = tempfile::tempdir().unwrap();
    let server = HttpServer::example("middleware", folder.path());
    let call = |name: &str, arguments: Value, headers: &[(&str, &str)]| {
        server
            .modern("tools/call", json!({ "name": name, "arguments": arguments }), json!({}), headers)
            .json()
    };
    let long = || json!({ "text": "x".repeat(64), "times": 48 });
    let refused = call("repeat", long(), &[]);
    assert_eq!((kind(&refused), text(&refused)), ("refused", "set the header X-Tenant to acme"));
    assert_eq!(text(&call("repeat", long(), &[("X-Tenant", "acme")])).len(), 3 << 10);
    // The example charges one unit per call and one per KiB of the result, and nothing for refused calls. The first
    // call of `spent` also costs a unit, which the second reports.
    assert_eq!(call("spent", json!({}), &[])["result"]["structuredContent"], json!({ "units": 4 }));
    assert_eq!(call("spent", json!({}), &[])["result"]["structuredContent"], json!({ "units": 5 }));
}

#[test]
fn legacy_session_calls_pass_through_middleware() {
    let server = HttpServer::start_by(&mut with_middleware(), &["--legacy-sessions", "3"]);
    let id = server.open_session(&[]);
    let call = |headers: &[(&str, &str)], text: &str| {
        let headers: Vec<_> = headers.iter().copied().chain([("Mcp-Session-Id", id.as_str())]).collect();
        server.post(&headers, &tools_call(1, "echo", json!({ "text": text }))).events().pop().unwrap()
    };
    assert_eq!(text(&call(&[("X-Tenant", "acme")], "in a session")), "in a session");
    check_passed(&server.stderr, "echo", "in a session".len());
    check_refused(&server.stderr, &call(&[], "x"));
    check_refused(&server.stderr, &call(&[("X-Tenant", "apex")], "x"));
}

#[test]
fn stdio_calls_pass_through_middleware_without_headers() {
    let mut server = StdioServer::initialized_by(&mut with_middleware(), &[]);
    let foreign = server.call("foreign", json!({ "v": 1 }));
    let bytes = foreign["result"]["structuredContent"].to_string().len();
    check_passed(&server.stderr, "foreign", bytes);
    // `echo` needs a header, and stdio has none.
    let refused = server.call("echo", json!({ "text": "x" }));
    check_refused(&server.stderr, &refused);
    let modern = harness::modern(99, "tools/call", json!({ "name": "echo", "arguments": {} }), json!({}));
    server.send(&modern.to_string());
    let refused = server.answer(&json!(99));
    check_refused(&server.stderr, &refused);
}

#[test]
fn panicking_middleware_ends_only_its_own_call() {
    let mut server = StdioServer::initialized_by(&mut with_middleware(), &[]);
    let failed = server.call("unlock", json!({ "pin": "1234", "minutes": 1 }));
    assert_eq!(kind(&failed), "internal");
    assert!(text(&failed).contains("not known whether the call took effect"), "{failed}");
    let record = server.stderr.record_of(correlation(&failed));
    assert_eq!((&record["outcome"], &record["reason"]), (&json!("unknown"), &json!("internal")));
    server.stderr.line_with(&["panicked: this text must appear only in the log", correlation(&failed)]);
    assert_eq!(text(&server.call("numbers", json!({ "below": 0 }))), r#"{"items":[]}"#);
    // The middleware also panics if the arguments are refused, but then the function certainly did not run.
    let failed = server.call("unlock", json!({}));
    assert_eq!((kind(&failed), text(&failed).contains("not known")), ("internal", false));
    assert_eq!(server.stderr.record_of(correlation(&failed))["outcome"], "refused");
}
