//! Tasks (SEP-2663): calls that continue after a first response. Only 2026-07-28 clients (`modern`) can use them.
//!
//! The test server, named `specimen`, has two tools for them: `computes` waits for some milliseconds and then asks for
//! a number if `ask` is set; `computes_alone` finishes immediately, and can be called only as a task.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    control::Control,
    harness::{HttpServer, MAX_WAIT, Reply, StdioServer, kind, modern, text, until},
};

/// `_meta` of a client that supports tasks.
fn task_support() -> Value {
    let capabilities = json!({ "elicitation": {}, "extensions": { "io.modelcontextprotocol/tasks": {} } });
    json!({ "io.modelcontextprotocol/clientCapabilities": capabilities })
}

/// Calls `computes`, and returns the task as which the call continues.
fn begin(server: &HttpServer, arguments: Value) -> Value {
    let params = json!({ "name": "computes", "arguments": arguments });
    let task = server.modern("tools/call", params, task_support(), &[]).json()["result"].clone();
    assert_eq!((&task["resultType"], &task["status"]), (&json!("task"), &json!("working")), "{task}");
    assert!(task["ttlMs"].as_u64().unwrap() > 600_000 && task["pollIntervalMs"].is_u64(), "{task}");
    task
}

/// Sends a request about a task; `more` holds further members of the parameters.
fn request(server: &HttpServer, method: &str, task: &Value, more: Value, meta: Value) -> Reply {
    let id = task["taskId"].as_str().unwrap();
    let mut params = json!({ "taskId": id });
    for (name, value) in more.as_object().cloned().unwrap_or_default() {
        params[name] = value;
    }
    server.modern(method, params, meta, &[("Mcp-Name", id)])
}

/// Returns the current state of a task.
fn get(server: &HttpServer, task: &Value) -> Value {
    request(server, "tasks/get", task, json!({}), task_support()).json()["result"].clone()
}

/// Waits for a status and returns the task.
fn wait_for_status(server: &HttpServer, task: &Value, status: &str) -> Value {
    let begun = Instant::now();
    loop {
        let current = get(server, task);
        if current["status"] == status {
            assert_eq!(current["resultType"], "complete");
            return current;
        }
        assert!(begun.elapsed() < MAX_WAIT, "expected {status}, got {current}");
        // At most 100 requests about tasks are answered in a second.
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn long_call_continues_as_a_task() {
    let server = HttpServer::start(&[]);
    let task = begin(&server, json!({ "milliseconds": 50 }));
    let done = wait_for_status(&server, &task, "completed");
    assert_eq!(done["result"]["content"][0]["text"], "computed 0");
    let correlation = task["_meta"]["dev.mcp-tool/correlationId"].as_str().unwrap();
    assert_eq!(done["result"]["_meta"]["dev.mcp-tool/correlationId"], correlation);
    assert_eq!(server.stderr.record_of(correlation)["outcome"], "ok");
    // Cancelling a completed task has no effect.
    assert_eq!(request(&server, "tasks/cancel", &task, json!({}), task_support()).status, 200);
    assert_eq!(get(&server, &task)["status"], "completed");
}

#[test]
fn task_reports_progress_and_a_status_message() {
    let server = HttpServer::start(&[]);
    let mut meta = task_support();
    meta["progressToken"] = "t".into();
    let arguments = json!({ "milliseconds": 1, "ask": true });
    let params = json!({ "name": "computes", "arguments": arguments });
    let events = server.modern("tools/call", params.clone(), meta.clone(), &[]).events();
    assert_eq!((events.len(), &events[0]["params"]["message"]), (2, &json!("computing")), "{events:?}");
    let task = &events[1]["result"];
    assert_eq!(task["resultType"], "task");
    let asking = wait_for_status(&server, task, "input_required");
    assert_eq!(asking["statusMessage"], "nearly done");
    assert!(asking["lastUpdatedAt"].as_str() > asking["createdAt"].as_str(), "{asking}");
    assert_eq!(asking["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "specimen");

    let mut server = StdioServer::start(&[]);
    server.send(&modern(1, "tools/call", params, meta).to_string());
    assert_eq!(server.answer(&json!(1))["result"]["resultType"], "task");
    assert_eq!(server.notifications[0]["params"]["message"], "computing");
}

#[test]
fn client_without_tasks_gets_the_result_or_an_error() {
    let server = HttpServer::start(&[]);
    let params = json!({ "name": "computes", "arguments": { "milliseconds": 1 } });
    let reply = server.modern("tools/call", params, json!({}), &[]);
    assert_eq!(text(&reply.json()), "computed 0");
    assert_eq!(text(&server.call("computes", json!({ "milliseconds": 1 }))), "computed 0");
    // `computes_alone` needs a client with tasks.
    let alone = json!({ "name": "computes_alone" });
    let reply = server.modern("tools/call", alone.clone(), json!({}), &[]);
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!(-32_021)));
    let expected = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    assert_eq!(reply.json()["error"]["data"]["requiredCapabilities"], expected);
    // A call that finishes immediately doesn't become a task, even if the client has tasks.
    assert_eq!(text(&server.modern("tools/call", alone, task_support(), &[]).json()), "at once");
    // Requests about a task need a client with tasks, too.
    let task = begin(&server, json!({ "milliseconds": 60_000 }));
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let reply = request(&server, method, &task, json!({ "inputResponses": {} }), json!({}));
        assert_eq!(reply.json()["error"]["code"], -32_021, "{method}");
    }
}

#[test]
fn task_exists_only_for_its_own_caller() {
    let server = HttpServer::start(&[]);
    let task = begin(&server, json!({ "milliseconds": 60_000 }));
    server.wait_for_count("running", 1);
    // Another client name is another caller.
    let mut other_client = task_support();
    other_client["io.modelcontextprotocol/clientInfo"] = json!({ "name": "somebody else", "version": "1" });
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let reply = request(&server, method, &task, json!({ "inputResponses": {} }), other_client.clone());
        assert_eq!(reply.json()["error"]["code"], -32_602, "{method}: {reply:?}");
    }
    assert_eq!(get(&server, &task)["status"], "working");
    let reply = request(&server, "tasks/cancel", &task, json!({}), task_support());
    assert_eq!(reply.json()["result"]["resultType"], "complete");
    wait_for_status(&server, &task, "cancelled");
    server.wait_for_count("dropped", 1);
    let correlation = task["_meta"]["dev.mcp-tool/correlationId"].as_str().unwrap();
    // `computes` may have written something before it was dropped.
    assert_eq!(server.stderr.record_of(correlation)["outcome"], "unknown");
    let other = json!({ "taskId": "00000000-0000-4000-8000-000000000000" });
    let reply = request(&server, "tasks/get", &other, json!({}), task_support());
    assert_eq!(reply.json()["error"]["code"], -32_602);
}

#[test]
fn task_can_ask_for_input() {
    let server = HttpServer::start(&[]);
    let task = begin(&server, json!({ "milliseconds": 1, "ask": true }));
    let asking = wait_for_status(&server, &task, "input_required");
    assert_eq!(asking["inputRequests"]["number"]["params"]["message"], "Which?");
    let answer = |key: &str, number: Value| {
        let responses = json!({ key: { "action": "accept", "content": { "number": number } } });
        let reply =
            request(&server, "tasks/update", &task, json!({ "inputResponses": responses }), task_support());
        assert_eq!(reply.json()["result"]["resultType"], "complete", "{reply:?}");
    };
    // An answer under an unknown key is ignored. After an invalid answer, such as a number above 9, the question is
    // asked again under a new key.
    answer("another", json!(1));
    assert_eq!(get(&server, &task)["status"], "input_required");
    answer("number", json!(99));
    let begun = Instant::now();
    while get(&server, &task)["inputRequests"].get("number_2").is_none() {
        assert!(begun.elapsed() < MAX_WAIT);
    }
    answer("number_2", json!(7));
    assert_eq!(wait_for_status(&server, &task, "completed")["result"]["content"][0]["text"], "computed 7");
}

#[test]
fn call_beyond_the_task_limit_runs_without_a_task() {
    let server = HttpServer::start(&[]);
    // A caller can have 32 tasks.
    let tasks: Vec<Value> = (0..32).map(|_| begin(&server, json!({ "milliseconds": 60_000 }))).collect();
    let params = json!({ "name": "computes", "arguments": { "milliseconds": 1 } });
    assert_eq!(text(&server.modern("tools/call", params, task_support(), &[]).json()), "computed 0");
    for task in &tasks {
        request(&server, "tasks/cancel", task, json!({}), task_support());
    }
    server.wait_for_count("running", 0);
}

#[test]
fn tasks_extension_is_declared_and_works_over_stdio() {
    let mut server = StdioServer::start(&[]);
    server.send(&modern(1, "server/discover", json!({}), json!({})).to_string());
    let discovered = server.answer(&json!(1));
    assert_eq!(
        discovered["result"]["capabilities"]["extensions"],
        json!({ "io.modelcontextprotocol/tasks": {} })
    );
    let params = json!({ "name": "computes", "arguments": { "milliseconds": 1 } });
    server.send(&modern(2, "tools/call", params, task_support()).to_string());
    let task = server.answer(&json!(2))["result"]["taskId"].clone();
    let begun = Instant::now();
    let mut id = 3;
    loop {
        server.send(&modern(id, "tasks/get", json!({ "taskId": task }), task_support()).to_string());
        let now = server.answer(&json!(id));
        if now["result"]["status"] == "completed" {
            assert_eq!(now["result"]["result"]["content"][0]["text"], "computed 0");
            return;
        }
        assert!(begun.elapsed() < MAX_WAIT, "{now}");
        id += 1;
    }
}

/// A legacy client, which speaks 2025-11-25, may declare the tasks extension, but the declaration has no effect.
#[test]
fn legacy_protocol_has_no_tasks() {
    let capabilities = task_support()["io.modelcontextprotocol/clientCapabilities"].clone();
    let mut server = StdioServer::initialized_with(capabilities, &[]);
    assert_eq!(text(&server.call("computes", json!({ "milliseconds": 20 }))), "computed 0");
    let alone = server.call("computes_alone", json!({}));
    assert_eq!(kind(&alone), "client_capability", "{alone}");
}

#[test]
fn invalid_task_id_is_refused() {
    let server = HttpServer::start(&[]);
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let reply = server.modern(method, json!({ "taskId": 5 }), task_support(), &[("Mcp-Name", "5")]);
        assert_eq!(reply.json()["error"]["code"], -32_602, "{method}: {reply:?}");
    }
}

#[test]
fn requests_about_tasks_are_recorded() {
    let server = HttpServer::start(&[]);
    let task = begin(&server, json!({ "milliseconds": 60_000 }));
    let id = task["taskId"].as_str().unwrap();
    let record = |method: &str, id: &str, outcome: &str| {
        let parts = [method, id, &format!("\"outcome\":\"{outcome}\"")];
        serde_json::from_str::<Value>(&server.stderr.line_with(&parts)).unwrap()
    };
    get(&server, &task);
    let got = record("tasks/get", id, "ok");
    assert_eq!(
        (&got["tool"], &got["version"], &got["user"]),
        (&json!("computes"), &json!("1.0"), &json!("local"))
    );
    assert_eq!(
        (&got["request"], &got["task"], &got["remote"]),
        (&json!("tasks/get"), &json!(id), &json!("127.0.0.1"))
    );
    assert!(got["contract"].is_string() && got["agent"] == "harness 2", "{got}");
    request(&server, "tasks/update", &task, json!({ "inputResponses": {} }), task_support());
    record("tasks/update", id, "ok");
    request(&server, "tasks/cancel", &task, json!({}), task_support());
    record("tasks/cancel", id, "ok");
    let unknown = json!({ "taskId": "\u{202e}unknown" });
    let reply = server.modern("tasks/get", unknown.clone(), task_support(), &[("Mcp-Name", "x")]);
    // The header must repeat the id, but can't contain this one.
    assert_ne!(reply.status, 200);
    let mut stdio = StdioServer::start(&[]);
    stdio.send(&modern(1, "tasks/get", unknown, task_support()).to_string());
    assert_eq!(stdio.answer(&json!(1))["error"]["code"], -32_602);
    let line = stdio.stderr.line_with(&["tasks/get", "unknown_task"]);
    assert!(line.contains("\\\\u{202e}unknown") && line.contains("\"tool\":\"-\""), "{line}");
}

#[test]
fn requests_about_tasks_of_a_disabled_tool_or_user_are_refused_and_recorded() {
    let control = Control::new();
    let server = HttpServer::start(&control.flags());
    let task = begin(&server, json!({ "milliseconds": 60_000 }));
    let send = |method: &str| {
        request(&server, method, &task, json!({ "inputResponses": {} }), task_support()).json()["error"]
            .clone()
    };
    control.execute(&["disable", "--tool", "computes"]);
    until("the tool was disabled", || send("tasks/get")["code"] == -31_403);
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let error = send(method);
        assert_eq!(error["code"], -31_403, "{method}: {error}");
        assert!(error["message"].as_str().unwrap().contains("was disabled by the operator"), "{error}");
        server.stderr.line_with(&[method, "\"outcome\":\"refused\"", "tool_disabled"]);
    }
    assert_eq!(server.count("dropped"), 0, "the refused request cancelled the task");
    control.execute(&["enable", "--tool", "computes"]);
    until("the tool was enabled", || send("tasks/get").is_null());
    control.execute(&["disable", "--user", "local"]);
    until("the user was disabled", || send("tasks/get")["code"] == -31_403);
    server.stderr.line_with(&["tasks/get", "user_disabled"]);
}

#[test]
fn requests_about_tasks_are_not_counted_as_calls() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.jsonl");
    let mut server = HttpServer::start(&["--audit-file", file.to_str().unwrap()]);
    let task = begin(&server, json!({ "milliseconds": 300 }));
    wait_for_status(&server, &task, "completed");
    assert!(server.terminate().success());
    let audit = |arguments: &[&str]| {
        let mut command = std::process::Command::new(crate::harness::SPECIMEN);
        let output =
            command.args(["audit", "--file", file.to_str().unwrap()]).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(audit(&["--by", "tool"]), "       1  computes\n");
    assert!(audit(&[]).contains("computes 1.0 tasks/get"), "{}", audit(&[]));
}

/// Polling at full speed would make a record for each poll.
#[test]
fn requests_about_tasks_above_the_rate_are_refused_and_counted() {
    let server = HttpServer::start(&[]);
    let tasks: Vec<_> = (0..8).map(|_| begin(&server, json!({ "milliseconds": 60_000 }))).collect();
    let refusal = Mutex::new(None);
    std::thread::scope(|scope| {
        for task in &tasks {
            let (server, refusal) = (&server, &refusal);
            scope.spawn(move || {
                until("a refused poll", || {
                    let reply = request(server, "tasks/get", task, json!({}), task_support()).json();
                    if reply["error"].is_object() {
                        *refusal.lock().unwrap() = Some(reply);
                    }
                    refusal.lock().unwrap().is_some()
                });
                // A running task can be cancelled at any rate. Other threads still use up the rate of most seconds.
                for _ in 0..60 {
                    request(server, "tasks/get", task, json!({}), task_support());
                }
                let cancelled = request(server, "tasks/cancel", task, json!({}), task_support()).json();
                assert!(cancelled["error"].is_null(), "{cancelled}");
            });
        }
    });
    let refusal = refusal.into_inner().unwrap().unwrap();
    let message = refusal["error"]["message"].as_str().unwrap();
    assert_eq!(refusal["error"]["code"], -32_600, "{refusal}");
    assert!(message.contains("at most 100 requests about tasks") && message.contains("pollIntervalMs"));
    server.stderr.line_with(&["tasks/get", "\"outcome\":\"refused\"", "rate_limited"]);
}
