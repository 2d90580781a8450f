//! Content of each kind, log messages, trace context, and constraints between arguments. The tools are those of the
//! specimen, the test server, in `tests/src/interaction.rs`.

use serde_json::{Value, json};

use crate::harness::{HttpServer, StdioServer, kind, modern, text};

#[test]
fn result_contains_each_kind_of_content() {
    let server = HttpServer::start(&[]);
    let reply = server.modern("tools/call", json!({ "name": "shows" }), json!({}), &[]).json();
    let expected = json!([
        { "type": "text", "text": "see" },
        { "type": "image", "data": "AQID", "mimeType": "image/png" },
        { "type": "audio", "data": "BAU=", "mimeType": "audio/wav" },
        { "type": "resource", "resource": { "uri": "file:///a.txt", "mimeType": "text/plain", "text": "words" } },
        { "type": "resource", "resource": { "uri": "file:///a.bin", "mimeType": "application/octet-stream", "blob": "Bg==" } },
        { "type": "resource_link", "uri": "https://example.com/a", "name": "all of it" },
    ]);
    assert_eq!(reply["result"]["content"], expected);
    assert_eq!(reply["result"].get("structuredContent"), None);
    assert_eq!(StdioServer::initialized(&[]).call("shows", json!({}))["result"]["content"], expected);
}

#[test]
fn structured_result_can_carry_further_content() {
    let mut server = StdioServer::initialized(&[]);
    let result = &server.call("charts", json!({ "bars": 3 }))["result"];
    assert_eq!(result["structuredContent"], json!({ "bars": 3 }));
    let expected = json!([
        { "type": "text", "text": "{\"bars\":3}" },
        { "type": "image", "data": "Bw==", "mimeType": "image/png" },
    ]);
    assert_eq!(result["content"], expected);
    // The structured part is still validated against the contract, in which `bars` is at most 100.
    assert_eq!(kind(&server.call("charts", json!({ "bars": 101 }))), "internal");
}

#[test]
fn invalid_content_is_not_sent() {
    let mut server = StdioServer::initialized(&[]);
    // `misfits` returns content with the named defect: an image of a wrong type, a link without a URI, more than 100
    // blocks, and so on.
    for misfit in ["image", "audio", "link", "resource", "many"] {
        assert_eq!(kind(&server.call("misfits", json!({ "misfit": misfit }))), "internal", "{misfit}");
    }
    assert_eq!(kind(&server.call("misfits", json!({ "misfit": "large" }))), "too_large");
}

/// Levels of the log messages among these notifications, all sent by the tool `logs`. The text of each is its level.
fn levels(messages: &[Value]) -> Vec<String> {
    let logged = messages.iter().filter(|message| message["method"] == "notifications/message");
    logged
        .map(|message| {
            assert_eq!(message["params"]["logger"], "logs");
            assert_eq!(message["params"]["data"], message["params"]["level"]);
            message["params"]["level"].as_str().unwrap().to_owned()
        })
        .collect()
}

/// Member of a 2026-07-28 request's `_meta` that requests log messages of this level and above.
const LEVEL: &str = "io.modelcontextprotocol/logLevel";

#[test]
fn modern_request_chooses_its_log_level() {
    let server = HttpServer::start(&[]);
    // The tool logs a message of each of the levels debug, info, warning and emergency.
    let params = json!({ "name": "logs" });
    let reply = server.modern("tools/call", params.clone(), json!({}), &[]);
    assert_eq!((reply.header("content-type"), text(&reply.json())), (Some("application/json"), "logged"));
    let reply = server.modern("tools/call", params.clone(), json!({ LEVEL: "warning" }), &[]);
    assert_eq!(levels(&reply.events()), ["warning", "emergency"]);
    let reply = server.modern("tools/call", params.clone(), json!({ LEVEL: "debug" }), &[]);
    assert_eq!(levels(&reply.events()), ["debug", "info", "warning", "emergency"]);
    // A client that does not accept streams receives no log messages.
    let no_stream = [("Accept", "application/json")];
    let reply = server.modern("tools/call", params.clone(), json!({ LEVEL: "debug" }), &no_stream);
    assert_eq!(text(&reply.json()), "logged");
    let reply = server.modern("tools/call", params.clone(), json!({ LEVEL: "loud" }), &[]);
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!(-32_602)));
    // 2026-07-28 has no `logging/setLevel`.
    let set_level = server.modern("logging/setLevel", json!({ "level": "debug" }), json!({}), &[]);
    assert_eq!((set_level.status, &set_level.json()["error"]["code"]), (404, &json!(-32_601)));

    let mut server = StdioServer::start(&[]);
    for (id, meta, expected) in [(1, json!({}), &[][..]), (2, json!({ LEVEL: "emergency" }), &["emergency"])]
    {
        server.send(&modern(id, "tools/call", params.clone(), meta).to_string());
        assert_eq!(text(&server.answer(&json!(id))), "logged");
        assert_eq!(levels(&std::mem::take(&mut server.notifications)), expected);
    }
}

#[test]
fn legacy_client_sets_its_log_level() {
    let mut server = StdioServer::initialized(&[]);
    server.call("logs", json!({}));
    assert_eq!(levels(&server.notifications), [""; 0]);
    assert_eq!(server.request("logging/setLevel", json!({ "level": "warning" }))["result"], json!({}));
    assert_eq!(server.request("logging/setLevel", json!({ "level": "loud" }))["error"]["code"], -32_602);
    server.call("logs", json!({}));
    assert_eq!(levels(&server.notifications), ["warning", "emergency"]);

    // Without a session, the server keeps the level per caller. Here, two callers differ by their `User-Agent`.
    let server = HttpServer::start(&[]);
    let post = |agent: &str, method: &str, params: Value| {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        server.post(&[("User-Agent", agent)], &message)
    };
    assert_eq!(post("one", "logging/setLevel", json!({ "level": "emergency" })).json()["result"], json!({}));
    assert_eq!(levels(&post("one", "tools/call", json!({ "name": "logs" })).events()), ["emergency"]);
    assert_eq!(text(&post("other", "tools/call", json!({ "name": "logs" })).json()), "logged");
}

#[test]
fn trace_context_reaches_the_function_and_the_record() {
    let id = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{id}-b7ad6b7169203331-01");
    let meta = json!({ "traceparent": parent, "tracestate": "vendor=1", "baggage": "user=ann" });
    // `traced` returns the `traceparent` and the `tracestate`.
    let expected = format!("{parent} Some(\"vendor=1\")");
    let server = HttpServer::start(&[]);
    let reply = server.modern("tools/call", json!({ "name": "traced" }), meta.clone(), &[]).json();
    assert_eq!(text(&reply), expected);
    let correlation = reply["result"]["_meta"]["dev.mcp-tool/correlationId"].as_str().unwrap();
    assert_eq!(server.stderr.record_of(correlation)["trace"], id);
    let mut server = StdioServer::initialized(&[]);
    let reply = server.request("tools/call", json!({ "name": "traced", "_meta": meta }));
    assert_eq!(text(&reply), expected);
    // An invalid trace context is ignored.
    let invalid = json!({ "name": "traced", "_meta": { "traceparent": "00-1-2-3" } });
    assert_eq!(text(&server.request("tools/call", invalid)), "none");
}

#[test]
fn argument_constraints_are_listed_and_enforced() {
    let mut server = StdioServer::initialized(&[]);
    let list = server.request("tools/list", json!({}));
    let tools = list["result"]["tools"].as_array().unwrap();
    let either = tools.iter().find(|tool| tool["name"] == "either").unwrap();
    let conditions = json!([{ "required": ["phone"] }, { "required": ["email"] }]);
    assert_eq!(either["inputSchema"]["anyOf"], conditions);
    assert_eq!(either["inputSchema"]["additionalProperties"], false);
    assert_eq!(text(&server.call("either", json!({ "phone": "1" }))), "1");
    for arguments in [json!({}), json!({ "phone": null }), json!({ "phone": null, "email": null })] {
        let answer = server.call("either", arguments.clone());
        assert_eq!(kind(&answer), "invalid_arguments", "{arguments}");
        let violations = &answer["result"]["_meta"]["dev.mcp-tool/error"]["violations"];
        assert_eq!(violations[0]["rule"], "constraints", "{answer}");
    }
    // If a single argument has a violation, constraints aren't checked.
    let answer = server.call("either", json!({ "email": 1 }));
    assert!(text(&answer).contains("/email"), "{answer}");
}
