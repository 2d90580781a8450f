//! Calls by every way that a transport has, through the layers of a server that runs.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{self, HttpServer, Reply, SPECIMEN, Stderr, StdioServer, correlation, kind, text};

fn layered() -> Command {
    let mut command = Command::new(SPECIMEN);
    command.env("SPECIMEN_LAYERS", "yes");
    command
}

/// What both layers of the specimen say of a call that gave so many bytes.
fn check_passed(stderr: &Stderr, tool: &str, bytes: usize) {
    for layer in ["outer", "inner"] {
        stderr.line_with(&[&format!("the {layer} layer takes {tool}")]);
        stderr.line_with(&[&format!("the {layer} layer saw {tool}: None, begun true, {bytes} bytes")]);
    }
}

fn check_refused(stderr: &Stderr, answer: &Value) {
    assert_eq!((kind(answer), text(answer)), ("refused", "X-Tenant has to be acme"));
    let record = stderr.record_of(correlation(answer));
    assert_eq!((&record["outcome"], &record["reason"]), (&json!("refused"), &json!("refused")));
    assert!(record.get("arguments").is_none(), "they weren't read: {record}");
}

#[test]
fn over_http_calls_of_both_eras_go_through_the_layers() {
    let server = HttpServer::start_by(&mut layered(), &[]);
    let echo = |text: &str| json!({ "name": "echo", "arguments": { "text": text } });
    let legacy =
        |text: &str| json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": echo(text) });
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
    // What isn't checked for its tenant needs none.
    assert_eq!(server.count("finished"), 0);

    // Progress takes another way through the wire.
    let steps = json!({ "name": "steps", "arguments": { "count": 2 } });
    let events = server.modern("tools/call", steps, json!({ "progressToken": "t" }), &tenant).events();
    assert_eq!(text(events.last().unwrap()), "2 steps");
    check_passed(&server.stderr, "steps", "2 steps".len());
}

#[test]
fn a_header_that_came_twice_or_as_no_text_is_refused_before_anybody_chooses() {
    let server = HttpServer::start_by(&mut layered(), &["--legacy-sessions", "3"]);
    let params = json!({ "name": "echo", "arguments": { "text": "x" } });
    let legacy = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let session = session(&server);
    let twice = [("X-Tenant", "acme"), ("x-tenant", "acme")];
    let odd = [("X-Tenant", "acm\u{e9}")];
    for (headers, said) in
        [(&twice[..], "the header X-Tenant came twice"), (&odd, "holds characters that it can't")]
    {
        let of_session: Vec<_> =
            headers.iter().copied().chain([("Mcp-Session-Id", session.as_str())]).collect();
        for reply in [
            server.modern("tools/call", params.clone(), json!({}), headers),
            server.post(headers, &legacy),
            server.post(&of_session, &legacy),
        ] {
            let answer = reply.json();
            assert_eq!((reply.status, &answer["error"]["code"]), (400, &json!(-32_020)), "{reply:?}");
            assert!(answer["error"]["message"].as_str().unwrap().contains(said), "{answer}");
            assert_eq!(server.stderr.record_of(correlation(&answer))["reason"], "header_mismatch");
        }
    }
    assert!(!server.stderr.text().contains("layer takes echo"));
    // Nobody asks for it of a server without such layers.
    let server = HttpServer::start(&[]);
    assert_eq!(text(&server.post(&twice, &legacy).json()), "x");
}

/// Opens a legacy session.
fn session(server: &HttpServer) -> String {
    let client = json!({ "name": "harness", "version": "1" });
    let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello });
    let id = server.post(&[], &hello).header("mcp-session-id").unwrap().to_owned();
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(server.post(&[("Mcp-Session-Id", &id)], &initialized).status, 202);
    id
}

#[test]
fn the_example_checks_a_header_and_sums_what_calls_cost() {
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
    // A unit, and one for each KiB; what was refused is free.
    assert_eq!(call("spent", json!({}), &[])["result"]["structuredContent"], json!({ "units": 4 }));
    assert_eq!(call("spent", json!({}), &[])["result"]["structuredContent"], json!({ "units": 5 }));
}

#[test]
fn in_a_legacy_session_calls_go_through_the_layers() {
    let server = HttpServer::start_by(&mut layered(), &["--legacy-sessions", "3"]);
    let id = session(&server);
    let call = |headers: &[(&str, &str)], text: &str| {
        let headers: Vec<_> = headers.iter().copied().chain([("Mcp-Session-Id", id.as_str())]).collect();
        let params = json!({ "name": "echo", "arguments": { "text": text } });
        let reply: Reply = server
            .post(&headers, &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }));
        reply.events().pop().unwrap()
    };
    assert_eq!(text(&call(&[("X-Tenant", "acme")], "in a session")), "in a session");
    check_passed(&server.stderr, "echo", "in a session".len());
    check_refused(&server.stderr, &call(&[], "x"));
    check_refused(&server.stderr, &call(&[("X-Tenant", "apex")], "x"));
}

#[test]
fn over_stdio_calls_go_through_the_layers_and_have_no_headers() {
    let mut server = StdioServer::initialized_by(&mut layered(), &[]);
    let foreign = server.call("foreign", json!({ "v": 1 }));
    let bytes = foreign["result"]["structuredContent"].to_string().len();
    check_passed(&server.stderr, "foreign", bytes);
    let refused = server.call("echo", json!({ "text": "x" }));
    check_refused(&server.stderr, &refused);
    let modern = harness::modern(99, "tools/call", json!({ "name": "echo", "arguments": {} }), json!({}));
    server.send(&modern.to_string());
    let refused = server.answer(&json!(99));
    check_refused(&server.stderr, &refused);
}

#[test]
fn a_layer_that_panics_ends_its_call_and_no_other() {
    let mut server = StdioServer::initialized_by(&mut layered(), &[]);
    let failed = server.call("unlock", json!({ "pin": "1234", "minutes": 1 }));
    assert_eq!(kind(&failed), "internal");
    assert!(text(&failed).contains("not known whether it took effect"), "{failed}");
    let record = server.stderr.record_of(correlation(&failed));
    assert_eq!((&record["outcome"], &record["reason"]), (&json!("unknown"), &json!("internal")));
    server.stderr.line_with(&["panicked: the reason is in the log", correlation(&failed)]);
    assert_eq!(text(&server.call("numbers", json!({ "below": 0 }))), r#"{"items":[]}"#);
    // Arguments that are refused are, and then the layer panics all the same.
    let failed = server.call("unlock", json!({}));
    assert_eq!((kind(&failed), text(&failed).contains("not known")), ("internal", false));
    assert_eq!(server.stderr.record_of(correlation(&failed))["outcome"], "refused");
}
