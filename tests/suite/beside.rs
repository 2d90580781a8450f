//! What an application serves beside its tools.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    control::until,
    harness::{HttpServer, SPECIMEN, StdioServer, modern},
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
    for answer in [answer, ask("prompts/list", json!({})).json()] {
        assert_eq!(answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "specimen");
    }
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

/// The URIs of resources that were said to have changed.
fn updated(server: &StdioServer) -> Vec<Value> {
    let heard = server.notifications.iter();
    let heard = heard.filter(|message| message["method"] == "notifications/resources/updated");
    heard.map(|message| message["params"]["uri"].clone()).collect()
}

fn resources() -> Command {
    let mut command = Command::new(SPECIMEN);
    command.env("SPECIMEN_BESIDE", "resources");
    command
}

#[test]
fn until_2025_11_25_a_client_hears_of_resources_that_it_subscribes_to() {
    let mut server = StdioServer::initialized_by(&mut resources(), &[]);
    let subscribe = |server: &mut StdioServer, method: &str, uri: &str| {
        server.request(&format!("resources/{method}"), json!({ "uri": uri }))
    };
    assert_eq!(subscribe(&mut server, "subscribe", "file:///own/a")["result"], json!({}));
    assert_eq!(subscribe(&mut server, "subscribe", "file:///else/a")["error"]["code"], -32_602);
    until("the resource was said to have changed", || {
        for uri in ["file:///else/a", "file:///own/b", "file:///own/a"] {
            server.call("changes", json!({ "resource": uri }));
        }
        !updated(&server).is_empty()
    });
    subscribe(&mut server, "unsubscribe", "file:///own/a");
    assert!(updated(&server).iter().all(|uri| uri == "file:///own/a"), "{:?}", server.notifications);
    server.notifications.clear();
    server.call("changes", json!({ "resource": "file:///own/a" }));
    server.call("echo", json!({ "text": "after" }));
    assert_eq!(updated(&server), Vec::<Value>::new());
}

#[test]
fn since_2026_07_28_a_stream_hears_of_the_resources_that_its_handler_accepts() {
    let listen = |id: i64, uris: Value| {
        let params = json!({ "notifications": { "resourceSubscriptions": uris } });
        modern(id, "subscriptions/listen", params, json!({})).to_string()
    };
    let accepted = |server: &mut StdioServer| {
        let acknowledged = server.receive();
        assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged", "{acknowledged}");
        acknowledged["params"]["notifications"]["resourceSubscriptions"].clone()
    };
    let change = |server: &mut StdioServer, id: i64, uri: &str| {
        let call = json!({ "name": "changes", "arguments": { "resource": uri } });
        server.send(&modern(id, "tools/call", call, json!({})).to_string());
    };
    let mut server = StdioServer::start_by(&mut resources(), &[]);
    server.send(&listen(1, json!(["file:///own/a", "file:///else/a"])));
    assert_eq!(accepted(&mut server), json!(["file:///own/a"]));
    change(&mut server, 2, "file:///else/a");
    server.answer(&json!(2));
    change(&mut server, 3, "file:///own/a");
    server.answer(&json!(3));
    until("the resource was said to have changed", || {
        change(&mut server, 4, "file:///own/b");
        server.answer(&json!(4));
        !updated(&server).is_empty()
    });
    assert_eq!(updated(&server), [json!("file:///own/a")]);

    // A handler that says nothing of resources has none to hear of.
    let mut server = StdioServer::start_by(specimen().env("SPECIMEN_BESIDE", "silent"), &[]);
    server.send(&listen(1, json!(["file:///own/a"])));
    assert_eq!(accepted(&mut server), Value::Null);
}
