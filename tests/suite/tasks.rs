//! Calls that go on as tasks (SEP-2663).

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{HttpServer, PATIENCE, Reply, StdioServer, modern, text};

fn knows_tasks() -> Value {
    let capabilities = json!({ "elicitation": {}, "extensions": { "io.modelcontextprotocol/tasks": {} } });
    json!({ "io.modelcontextprotocol/clientCapabilities": capabilities })
}

fn begin(server: &HttpServer, arguments: Value) -> Value {
    let params = json!({ "name": "computes", "arguments": arguments });
    let task = server.modern("tools/call", params, knows_tasks(), &[]).json()["result"].clone();
    assert_eq!((&task["resultType"], &task["status"]), (&json!("task"), &json!("working")), "{task}");
    assert!(task["ttlMs"].as_u64().unwrap() > 600_000 && task["pollIntervalMs"].is_u64(), "{task}");
    task
}

fn about(server: &HttpServer, method: &str, task: &Value, more: Value, meta: Value) -> Reply {
    let id = task["taskId"].as_str().unwrap();
    let mut params = json!({ "taskId": id });
    for (name, value) in more.as_object().cloned().unwrap_or_default() {
        params[name] = value;
    }
    server.modern(method, params, meta, &[("Mcp-Name", id)])
}

fn get(server: &HttpServer, task: &Value) -> Value {
    about(server, "tasks/get", task, json!({}), knows_tasks()).json()["result"].clone()
}

fn until(server: &HttpServer, task: &Value, status: &str) -> Value {
    let begun = Instant::now();
    loop {
        let now = get(server, task);
        if now["status"] == status {
            assert_eq!(now["resultType"], "complete");
            return now;
        }
        assert!(begun.elapsed() < PATIENCE, "{status} wanted: {now}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_call_that_waits_goes_on_as_a_task() {
    let server = HttpServer::start(&[]);
    let task = begin(&server, json!({ "milliseconds": 50 }));
    let done = until(&server, &task, "completed");
    assert_eq!(done["result"]["content"][0]["text"], "computed 0");
    let correlation = task["_meta"]["dev.mcp-tool/correlationId"].as_str().unwrap();
    assert_eq!(done["result"]["_meta"]["dev.mcp-tool/correlationId"], correlation);
    assert_eq!(server.stderr.record_of(correlation)["outcome"], "ok");
    // To be cancelled changes nothing any more.
    assert_eq!(about(&server, "tasks/cancel", &task, json!({}), knows_tasks()).status, 200);
    assert_eq!(get(&server, &task)["status"], "completed");
}

#[test]
fn a_task_reports_on_the_way_and_shows_it() {
    let server = HttpServer::start(&[]);
    let mut meta = knows_tasks();
    meta["progressToken"] = "t".into();
    let arguments = json!({ "milliseconds": 1, "ask": true });
    let params = json!({ "name": "computes", "arguments": arguments });
    let events = server.modern("tools/call", params.clone(), meta.clone(), &[]).events();
    assert_eq!((events.len(), &events[0]["params"]["message"]), (2, &json!("computing")), "{events:?}");
    let task = &events[1]["result"];
    assert_eq!(task["resultType"], "task");
    let asks = until(&server, task, "input_required");
    assert_eq!(asks["statusMessage"], "nearly done");
    assert!(asks["lastUpdatedAt"].as_str() > asks["createdAt"].as_str(), "{asks}");
    assert_eq!(asks["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "specimen");

    let mut server = StdioServer::start(&[]);
    server.send(&modern(1, "tools/call", params, meta).to_string());
    assert_eq!(server.answer(&json!(1))["result"]["resultType"], "task");
    assert_eq!(server.notifications[0]["params"]["message"], "computing");
}

#[test]
fn a_client_that_knows_no_tasks_waits_for_the_result() {
    let server = HttpServer::start(&[]);
    let params = json!({ "name": "computes", "arguments": { "milliseconds": 1 } });
    let reply = server.modern("tools/call", params, json!({}), &[]);
    assert_eq!(text(&reply.json()), "computed 0");
    assert_eq!(text(&server.call("computes", json!({ "milliseconds": 1 }))), "computed 0");
    let alone = json!({ "name": "computes_alone" });
    let reply = server.modern("tools/call", alone.clone(), json!({}), &[]);
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!(-32_021)));
    let wanted = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    assert_eq!(reply.json()["error"]["data"]["requiredCapabilities"], wanted);
    // What is done at once needs no task.
    assert_eq!(text(&server.modern("tools/call", alone, knows_tasks(), &[]).json()), "at once");
    let task = begin(&server, json!({ "milliseconds": 60_000 }));
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let reply = about(&server, method, &task, json!({ "inputResponses": {} }), json!({}));
        assert_eq!(reply.json()["error"]["code"], -32_021, "{method}");
    }
}

#[test]
fn a_task_is_cancelled_by_its_own_caller() {
    let server = HttpServer::start(&[]);
    let task = begin(&server, json!({ "milliseconds": 60_000 }));
    server.until("running", 1);
    let mut somebody = knows_tasks();
    somebody["io.modelcontextprotocol/clientInfo"] = json!({ "name": "somebody else", "version": "1" });
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let reply = about(&server, method, &task, json!({ "inputResponses": {} }), somebody.clone());
        assert_eq!(reply.json()["error"]["code"], -32_602, "{method}: {reply:?}");
    }
    assert_eq!(get(&server, &task)["status"], "working");
    let reply = about(&server, "tasks/cancel", &task, json!({}), knows_tasks());
    assert_eq!(reply.json()["result"]["resultType"], "complete");
    until(&server, &task, "cancelled");
    server.until("dropped", 1);
    let correlation = task["_meta"]["dev.mcp-tool/correlationId"].as_str().unwrap();
    assert_eq!(server.stderr.record_of(correlation)["outcome"], "unknown");
    let other = json!({ "taskId": "00000000-0000-4000-8000-000000000000" });
    let reply = about(&server, "tasks/get", &other, json!({}), knows_tasks());
    assert_eq!(reply.json()["error"]["code"], -32_602);
}

#[test]
fn a_task_asks_on_its_way() {
    let server = HttpServer::start(&[]);
    let task = begin(&server, json!({ "milliseconds": 1, "ask": true }));
    let asks = until(&server, &task, "input_required");
    assert_eq!(asks["inputRequests"]["number"]["params"]["message"], "Which?");
    let answer = |key: &str, number: Value| {
        let responses = json!({ key: { "action": "accept", "content": { "number": number } } });
        let reply =
            about(&server, "tasks/update", &task, json!({ "inputResponses": responses }), knows_tasks());
        assert_eq!(reply.json()["result"]["resultType"], "complete", "{reply:?}");
    };
    // An answer to nothing changes nothing; one that can't be used is asked for again, by another key.
    answer("another", json!(1));
    assert_eq!(get(&server, &task)["status"], "input_required");
    answer("number", json!(99));
    let begun = Instant::now();
    while get(&server, &task)["inputRequests"].get("number_2").is_none() {
        assert!(begun.elapsed() < PATIENCE);
    }
    answer("number_2", json!(7));
    assert_eq!(until(&server, &task, "completed")["result"]["content"][0]["text"], "computed 7");
}

#[test]
fn one_caller_has_so_many_tasks_and_then_waits() {
    let server = HttpServer::start(&[]);
    let tasks: Vec<Value> = (0..32).map(|_| begin(&server, json!({ "milliseconds": 60_000 }))).collect();
    let params = json!({ "name": "computes", "arguments": { "milliseconds": 1 } });
    assert_eq!(text(&server.modern("tools/call", params, knows_tasks(), &[]).json()), "computed 0");
    for task in &tasks {
        about(&server, "tasks/cancel", task, json!({}), knows_tasks());
    }
    server.until("running", 0);
}

#[test]
fn the_extension_is_declared_and_works_over_stdio() {
    let mut server = StdioServer::start(&[]);
    server.send(&modern(1, "server/discover", json!({}), json!({})).to_string());
    let discovered = server.answer(&json!(1));
    assert_eq!(
        discovered["result"]["capabilities"]["extensions"],
        json!({ "io.modelcontextprotocol/tasks": {} })
    );
    let params = json!({ "name": "computes", "arguments": { "milliseconds": 1 } });
    server.send(&modern(2, "tools/call", params, knows_tasks()).to_string());
    let task = server.answer(&json!(2))["result"]["taskId"].clone();
    let begun = Instant::now();
    let mut id = 3;
    loop {
        server.send(&modern(id, "tasks/get", json!({ "taskId": task }), knows_tasks()).to_string());
        let now = server.answer(&json!(id));
        if now["result"]["status"] == "completed" {
            assert_eq!(now["result"]["result"]["content"][0]["text"], "computed 0");
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{now}");
        id += 1;
    }
}

/// A client of both eras says the same to servers of either; there are no extensions in the older one.
#[test]
fn the_older_era_has_no_tasks() {
    let mut server = StdioServer::start(&[]);
    let capabilities = knows_tasks()["io.modelcontextprotocol/clientCapabilities"].clone();
    let client = json!({ "name": "harness", "version": "1" });
    let hello =
        json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": client });
    server.request("initialize", hello);
    server.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string());
    assert_eq!(text(&server.call("computes", json!({ "milliseconds": 20 }))), "computed 0");
    let alone = server.call("computes_alone", json!({}));
    assert_eq!(crate::harness::kind(&alone), "client_capability", "{alone}");
}

#[test]
fn parameters_that_are_none_are_named() {
    let server = HttpServer::start(&[]);
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let reply = server.modern(method, json!({ "taskId": 5 }), knows_tasks(), &[("Mcp-Name", "5")]);
        assert_eq!(reply.json()["error"]["code"], -32_602, "{method}: {reply:?}");
    }
}
