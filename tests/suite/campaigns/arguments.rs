//! Mutated arguments of tools.

use fastrand::Rng;
use serde_json::{Value, json};

use super::{Reached, cases, check_alive, connection::Connection, mutate, seed};
use crate::harness::{HttpServer, tools_call};

/// Valid calls of tools whose parameters have different types.
fn corpus() -> Vec<(&'static str, Value)> {
    vec![
        ("measure", json!({ "name": "abc", "n": 1, "mode": "fast" })),
        ("echo", json!({ "text": "x" })),
        ("numbers", json!({ "limit": 3 })),
        ("fails", json!({ "kind": "conflict" })),
        ("unlock", json!({ "pin": "1234", "minutes": 1 })),
        ("relay", json!({ "text": "x" })),
        ("steps", json!({ "steps": 1 })),
    ]
}

#[test]
fn mutated_arguments_are_valid_or_refused_with_a_reason() {
    let server = HttpServer::start(&[]);
    let mut rng = Rng::with_seed(seed());
    let (corpus, mut reached) = (corpus(), Reached::default());
    let mut connection = Connection::new(&server);
    for _ in 0..cases(12_000) {
        let (tool, arguments) = &corpus[rng.usize(0..corpus.len())];
        let arguments = match rng.u8(0..10) {
            0 => mutate::with_repeated_member(&mut rng, arguments.as_object().unwrap()),
            1 => arguments.to_string(),
            _ => mutate::json(&mut rng, arguments).to_string(),
        };
        let call = tools_call(1, tool, json!("ARGUMENTS")).to_string().replace("\"ARGUMENTS\"", &arguments);
        let request = server.request_bytes("POST", "/mcp", &[("Connection", "keep-alive")], call.as_bytes());
        let response = connection.exchange(&request).unwrap_or_else(|| panic!("no response to {call}"));
        assert!(response.status < 500, "{} for {call}", response.status);
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        let error = &body["result"]["_meta"]["dev.mcp-tool/error"];
        match (body.get("error"), error["kind"].as_str()) {
            (Some(error), _) => reached.count(format!("error {}", error["code"])),
            (None, None) => reached.count(format!("result of {tool}")),
            (None, Some(kind)) => {
                // The tool `fails` fails on purpose.
                assert!(kind != "internal" || *tool == "fails", "{call} was answered by {body}");
                if kind == "invalid_arguments" {
                    let violations = error["violations"].as_array().unwrap();
                    assert!((1..=8).contains(&violations.len()), "{call} was answered by {body}");
                    let text = body["result"]["content"][0]["text"].as_str().unwrap();
                    assert!(text.len() < 4_096, "{call} was answered by {body}");
                }
                reached.count(kind);
            }
        }
    }
    check_alive(&server);
    reached.check(&[
        ("invalid_arguments", 2_000),
        ("error -32602", 50),
        ("result of echo", 100),
        ("result of measure", 50),
    ]);
}
