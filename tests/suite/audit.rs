//! The record: whose call it was and from where, in files that are rotated, and the question who called what.

use serde_json::{Value, json};

use crate::harness::{HttpServer, StdioServer, correlation};

fn rpc(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

#[test]
fn a_record_says_from_where_and_with_which_scopes() {
    let server = HttpServer::start(&["--local-scopes", "specimen:read,specimen:more"]);
    let record = |answer: &Value| server.stderr.record_of(correlation(answer));
    let ran = record(&server.call("counts", json!({})));
    assert_eq!((&ran["remote"], &ran["outcome"]), (&json!("127.0.0.1"), &json!("ok")));
    assert_eq!(ran["scopes"], json!(["specimen:more", "specimen:read"]));
    let refused = record(&server.call("whoami", json!({})));
    assert_eq!((&refused["remote"], &refused["reason"]), (&json!("127.0.0.1"), &json!("insufficient_scope")));
    assert_eq!(refused["detail"], "specimen:admin");
    let forged = [("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=192.0.2.1")];
    let call = rpc("tools/call", json!({ "name": "counts", "arguments": {} }));
    assert_eq!(record(&server.post(&forged, &call).json())["remote"], "127.0.0.1");
    let turned_away = rpc("tools/call", json!({ "name": "counts", "arguments": [] }));
    let turned_away = record(&server.post(&[], &turned_away).json());
    assert_eq!(
        (&turned_away["remote"], &turned_away["reason"]),
        (&json!("127.0.0.1"), &json!("invalid_request"))
    );

    let mut server = StdioServer::initialized(&[]);
    let answer = server.call("counts", json!({}));
    let record = server.stderr.record_of(correlation(&answer));
    assert_eq!((record.get("remote"), &record["scopes"]), (None, &json!("all")));
}

#[test]
fn a_record_of_a_legacy_session_says_from_where() {
    let server = HttpServer::start(&["--legacy-sessions", "1"]);
    let client = json!({ "name": "harness", "version": "1" });
    let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let opened = server.post(&[], &rpc("initialize", hello));
    let session = [
        ("Mcp-Session-Id", opened.header("mcp-session-id").unwrap()),
        ("MCP-Protocol-Version", "2025-11-25"),
    ];
    server.post(&session, &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    let call = rpc("tools/call", json!({ "name": "counts", "arguments": {} }));
    let answer = server.post(&session, &call).events().pop().unwrap();
    assert_eq!(server.stderr.record_of(correlation(&answer))["remote"], "127.0.0.1");
}
