//! What an application serves beside its tools.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    control::until,
    harness::{HttpServer, SPECIMEN, StdioServer},
};

fn specimen() -> Command {
    let mut command = Command::new(SPECIMEN);
    command.env("SPECIMEN_BESIDE", "1");
    command
}

#[test]
fn what_is_declared_is_served_and_nothing_else() {
    let server = HttpServer::start_by(&mut specimen(), &[]);
    let ask = |method: &str, params: Value| server.modern(method, params, json!({}), &[]);
    let declared = &ask("server/discover", json!({})).json()["result"]["capabilities"];
    assert_eq!(declared["prompts"], json!({ "listChanged": true }));
    assert_eq!((declared.get("resources"), &declared["tools"]["listChanged"]), (None, &json!(true)));
    let answer = ask("prompts/get", json!({ "name": "hello" })).json();
    assert_eq!(answer["result"]["messages"][0]["content"]["text"], "hello");
    // rmcp's own handlers would answer with empty lists.
    for method in ["resources/list", "resources/templates/list", "skills/list", "x/y"] {
        let reply = ask(method, json!({}));
        assert_eq!(reply.json()["error"]["code"], -32_601, "{method}: {reply:?}");
    }
    // Tools stay the server's own.
    assert_eq!(server.call("echo", json!({ "text": "x" }))["result"]["content"][0]["text"], "x");
}

#[test]
fn it_learns_who_asks() {
    let server = HttpServer::start_by(&mut specimen(), &[]);
    let reply = server.modern("prompts/list", json!({}), json!({}), &[]).json();
    let said = reply["result"]["prompts"][0]["description"].as_str().unwrap_or_else(|| panic!("{reply}"));
    assert!(said.contains("harness"), "{said}");
    let mut server = StdioServer::initialized_by(&mut specimen(), &[]);
    let reply = server.request("prompts/list", json!({}));
    let said = reply["result"]["prompts"][0]["description"].as_str().unwrap_or_else(|| panic!("{reply}"));
    assert!(said.contains("harness"), "{said}");
}

#[test]
fn it_is_bounded_in_time_and_its_panics_are_answers() {
    let server = HttpServer::start_by(&mut specimen(), &["--timeout", "200ms"]);
    let get = |name: &str| server.modern("prompts/get", json!({ "name": name }), json!({}), &[]).json();
    let failed = get("panics");
    assert_eq!(failed["error"]["code"], -32_603, "{failed}");
    assert!(!failed.to_string().contains("secret"), "{failed}");
    let late = get("hangs");
    assert_eq!(
        (&late["error"]["code"], &late["error"]["message"]),
        (&json!(-32_603), &json!("the server ran out of time"))
    );
    assert_eq!(get("hello")["result"]["messages"][0]["content"]["text"], "hello");
}

#[test]
fn it_announces_what_changes() {
    let mut server = StdioServer::initialized_by(&mut specimen(), &[]);
    // Whoever has only just connected may not be listening yet.
    until("prompts were said to have changed", || {
        server.call("changes", json!({}));
        let mut heard = server.notifications.iter();
        heard.any(|message| message["method"] == "notifications/prompts/list_changed")
    });
}
