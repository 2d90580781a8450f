//! The operator's orders: given by commands to servers that run, and heeded without a restart.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{HttpServer, PATIENCE, SPECIMEN, StdioServer, correlation, kind, modern, text, wait};

/// A control file, and the commands that write it.
pub struct Control {
    _folder: TempDir,
    file: PathBuf,
}

impl Control {
    /// One that isn't there yet.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Control { file: folder.path().join("orders.jsonl"), _folder: folder }
    }

    pub fn of(text: &str) -> Self {
        let control = Control::new();
        std::fs::write(&control.file, text).unwrap();
        control
    }

    pub fn path(&self) -> &str {
        self.file.to_str().unwrap()
    }

    pub fn flags(&self) -> [&str; 2] {
        ["--control-file", self.path()]
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(SPECIMEN).args(arguments).args(self.flags()).output().unwrap()
    }

    /// What a command said that did its work.
    pub fn said(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command said that was refused.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    fn append(&self, text: &str) {
        let mut whole = std::fs::read_to_string(&self.file).unwrap();
        whole.push_str(text);
        std::fs::write(&self.file, whole).unwrap();
    }
}

/// Waits until it is so; says how long that took.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = begun.elapsed();
    println!("{what} after {took:?}");
    took
}

fn is_off(answer: &Value) -> bool {
    answer["result"]["isError"] == true && kind(answer) == "disabled"
}

fn is_withdrawn(answer: &Value) -> bool {
    answer["error"]["code"] == -31_403 && answer["error"]["message"] == "access was withdrawn by the operator"
}

fn names(answer: &Value) -> Vec<String> {
    let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("no list: {answer}"));
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

fn list(server: &HttpServer) -> Vec<String> {
    names(&server.modern("tools/list", json!({}), json!({}), &[]).json())
}

#[test]
fn a_tool_is_switched_off_and_on_again_while_the_server_runs() {
    let control = Control::new();
    let server = HttpServer::start(&control.flags());
    let call = || server.call("echo", json!({ "text": "x" }));
    assert_eq!(text(&call()), "x");

    let said = control.said(&["disable", "--tool", "echo", "--reason", "leaks"]);
    until("a tool was off over HTTP", || is_off(&call()));
    assert!(said.contains("the tool 'echo' is off") && said.contains("within a second"), "{said}");
    let refused = call();
    assert!(text(&refused).contains("'echo' was switched off by the operator of this server"), "{refused}");
    assert!(text(&refused).contains("don't try again until a person says so"), "{refused}");
    let record = server.stderr.record_of(correlation(&refused));
    assert_eq!((&record["outcome"], &record["reason"]), (&json!("refused"), &json!("tool_disabled")));
    assert_eq!(record["version"], "1.0");
    assert!(!list(&server).contains(&"echo".to_owned()), "what is off isn't listed");
    assert_eq!(server.call("counts", json!({}))["result"]["isError"], json!(null), "others go on");

    control.said(&["enable", "--tool", "echo"]);
    until("it was on again", || !is_off(&call()));
    assert_eq!(text(&call()), "x");
    assert!(list(&server).contains(&"echo".to_owned()));
}

#[test]
fn all_versions_of_a_tool_are_off_and_adapters_with_them() {
    let control = Control::new();
    let server = HttpServer::start(&control.flags());
    let calls =
        || ["relay", "relay_v1", "announce"].map(|tool| server.call(tool, json!({ "text": "x" }))).to_vec();
    let off = || calls().iter().filter(|answer| is_off(answer)).count();
    assert_eq!(off(), 0);
    control.said(&["disable", "--tool", "relay"]);
    until("all versions and adapters were off", || off() == 3);
    let listed = list(&server);
    assert!(!listed.iter().any(|name| name.starts_with("relay") || name == "announce"), "{listed:?}");
}

#[test]
fn orders_hold_over_stdio() {
    let control = Control::new();
    let mut server = StdioServer::initialized(&control.flags());
    assert_eq!(text(&server.call("echo", json!({ "text": "x" }))), "x");
    control.said(&["disable", "--tool", "echo"]);
    until("a tool was off over stdio", || is_off(&server.call("echo", json!({ "text": "x" }))));
    assert!(!names(&server.request("tools/list", json!({}))).contains(&"echo".to_owned()));

    control.said(&["disable", "--user", "local"]);
    until("a user was off over stdio", || is_withdrawn(&server.call("counts", json!({}))));
    assert!(names(&server.request("tools/list", json!({}))).is_empty());
    control.said(&["enable", "--user", "local"]);
    control.said(&["enable", "--tool", "echo"]);
    until("both were on again", || {
        server.call("echo", json!({ "text": "x" }))["result"]["isError"] != true
            && server.call("counts", json!({})).get("result").is_some()
    });
}

#[test]
fn a_user_is_switched_off_before_anything_is_told() {
    let control = Control::new();
    let server = HttpServer::start(&[&control.flags()[..], &["--local-scopes", "specimen:read"]].concat());
    control.said(&["disable", "--user", "local"]);
    let call = |name: &str| {
        let params = json!({ "name": name, "arguments": {} });
        server.post(&[], &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }))
    };
    until("a user was off", || is_withdrawn(&call("counts").json()));
    for name in ["counts", "whoami", "no_such_tool"] {
        let reply = call(name);
        assert_eq!(reply.status, 403, "{name}");
        assert!(is_withdrawn(&reply.json()), "{name}: {reply:?}");
        let record = server.stderr.record_of(correlation(&reply.json()));
        assert_eq!((&record["outcome"], &record["reason"]), (&json!("refused"), &json!("user_disabled")));
    }
    assert!(list(&server).is_empty());
    control.said(&["enable", "--user", "local"]);
    until("the user was on again", || call("counts").status == 200);
}

#[test]
fn a_client_is_switched_off_by_its_name() {
    let control = Control::new();
    let server = HttpServer::start(&control.flags());
    let call = |agent: &str| {
        let client = json!({ "io.modelcontextprotocol/clientInfo": { "name": agent, "version": "2" } });
        server.modern("tools/call", json!({ "name": "counts", "arguments": {} }), client, &[])
    };
    control.said(&["disable", "--client", "rogue"]);
    until("a client was off", || is_withdrawn(&call("rogue").json()));
    let record = server.stderr.record_of(correlation(&call("rogue").json()));
    assert_eq!((&record["reason"], &record["agent"]), (&json!("client_disabled"), &json!("rogue 2")));
    assert_eq!(call("honest").status, 200);
}

#[test]
fn a_call_inside_a_legacy_session_is_refused_too() {
    let control = Control::new();
    let server = HttpServer::start(&[&control.flags()[..], &["--legacy-sessions", "4"]].concat());
    let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "h", "version": "1" } });
    let opened =
        server.post(&[], &json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello }));
    let session = opened.header("mcp-session-id").unwrap().to_owned();
    let session = [("Mcp-Session-Id", session.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
    server.post(&session, &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    let call = || {
        let params = json!({ "name": "counts", "arguments": {} });
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        server.post(&session, &call).body
    };
    control.said(&["disable", "--tool", "counts"]);
    until("a tool was off in a session", || call().contains("switched off by the operator"));
    control.said(&["disable", "--user", "local"]);
    until("a user was off in a session", || call().contains("access was withdrawn by the operator"));
}

#[test]
fn a_file_that_is_no_list_of_orders_starts_no_server() {
    let good = r#"{"time":"2026-11-14T09:30:00Z","by":"ann","order":"disable","tool":"echo"}"#;
    for bad in ["nonsense", r#"{"order":"disable"}"#, &good.replace("\"tool\"", "\"tol\""), ""] {
        let control = Control::of(&format!("{good}\n{bad}\n{good}\n"));
        let said = control.refused(&["serve", "--stdio"]);
        assert!(said.contains("control.file") && said.contains(control.path()), "{said}");
        assert!(said.contains("line 2") && said.contains("mend that line"), "{bad}: {said}");
    }
}

#[test]
fn a_file_that_can_not_be_read_later_forgets_nothing() {
    let control = Control::new();
    let server = HttpServer::start(&control.flags());
    let echo = || server.call("echo", json!({ "text": "x" }));
    let counts = || server.call("counts", json!({}));
    control.said(&["disable", "--tool", "echo"]);
    until("a tool was off", || is_off(&echo()));
    let whole = std::fs::read_to_string(&control.file).unwrap();

    control.append("nonsense\n");
    server.stderr.line_with(&["ERROR", "the control file can't be heeded", "line 2"]);
    assert!(is_off(&echo()) && !is_off(&counts()));
    assert!(
        control.refused(&["disable", "--tool", "counts"]).contains("line 2"),
        "no order that nobody heeds"
    );

    for rewritten in ["", &whole.replace("echo", "mono")] {
        std::fs::write(&control.file, rewritten).unwrap();
        server.stderr.line_with(&["ERROR", "doesn't begin with the orders"]);
        assert!(is_off(&echo()));
    }
    std::fs::remove_file(&control.file).unwrap();
    server.stderr.line_with(&["ERROR", "the control file can't be heeded", "No such file"]);
    assert!(is_off(&echo()));
    let ready = || server.send("GET", "/readyz", &[], b"").status;
    until("the operator could see that", || ready() == 503);
    assert!(control.refused(&["enable", "--tool", "echo"]).contains("there is no such file"));

    std::fs::write(&control.file, &whole).unwrap();
    server.stderr.line_with(&["WARN", "the control file is heeded again"]);
    assert!(is_off(&echo()));
    control.said(&["disable", "--tool", "counts"]);
    until("orders were heeded again", || is_off(&counts()));
    until("the operator could see that too", || ready() == 200);
}

#[test]
fn a_line_that_is_being_written_is_waited_for() {
    let control = Control::new();
    let server = HttpServer::start(&control.flags());
    let echo = || server.call("echo", json!({ "text": "x" }));
    let line = r#"{"time":"2026-11-14T09:30:00Z","by":"ann","order":"disable","tool":"echo"}"#;
    control.append(&line[..40]);
    let said = control.said(&["disable", "--tool", "counts"]);
    until("the order after a torn line held", || is_off(&server.call("counts", json!({}))));
    assert!(said.contains("is off"));
    assert_eq!(
        std::fs::read_to_string(&control.file).unwrap().lines().count(),
        1,
        "the torn line was cut off"
    );
    control.append(line);
    assert!(!is_off(&echo()));
    control.append("\n");
    until("a line was in force with its end", || is_off(&echo()));
    assert!(!server.stderr.text().contains("can't be heeded"), "{}", server.stderr.text());
}

#[test]
fn orders_outlive_the_server() {
    let control = Control::new();
    let mut server = HttpServer::start(&control.flags());
    control.said(&["disable", "--tool", "echo"]);
    until("a tool was off", || is_off(&server.call("echo", json!({ "text": "x" }))));
    assert!(server.terminate().success());
    let server = HttpServer::start(&control.flags());
    assert!(is_off(&server.call("echo", json!({ "text": "x" }))), "from the first call on");
}

#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let control = Control::new();
    let _server = HttpServer::start(&control.flags());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&control.file), 0o600);
    std::fs::set_permissions(&control.file, std::fs::Permissions::from_mode(0o666)).unwrap();
    let server = HttpServer::start(&control.flags());
    server.stderr.line_with(&["WARN", "others than its owner may write the control file"]);
}

#[test]
fn what_is_in_force_is_listed() {
    let control = Control::of("");
    assert_eq!(control.said(&["orders"]), "nothing is disabled or revoked\n");
    control.said(&["disable", "--tool", "echo", "--reason", "a\u{202e}b\nc"]);
    control.said(&["disable", "--user", "eve"]);
    control.said(&["enable", "--user", "eve"]);
    control.said(&["revoke", "--subject", "mallory"]);
    control.said(&["revoke", "--before", "2026-01-02T03:04:05Z"]);
    let said = control.said(&["enable", "--client", "nobody"]);
    assert_eq!(said, "nothing to do: the client 'nobody' isn't switched off\n");
    let listed = control.said(&["orders"]);
    assert_eq!(listed.lines().count(), 3, "{listed}");
    assert!(listed.contains("the tool 'echo' is off, by "), "{listed}");
    assert!(listed.contains("a\\u{202e}b\\nc"), "{listed}");
    assert!(listed.contains("tokens of the user 'mallory' issued until 20"), "{listed}");
    assert!(listed.contains("all tokens issued before 2026-01-02T03:04:05.000000Z are revoked"), "{listed}");
    let json = control.said(&["orders", "--json"]);
    let orders: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (orders.len(), &orders[0]["order"], &orders[0]["tool"]),
        (3, &json!("disable"), &json!("echo"))
    );
}

#[test]
fn an_order_that_would_do_nothing_is_refused() {
    let control = Control::of("");
    let cases: [(&[&str], &str); 8] = [
        (&["disable", "--tool", "ecko"], "did you mean echo?"),
        (&["disable", "--tool", "something_else"], "no tool of that name"),
        (&["disable"], "--tool"),
        (&["disable", "--tool", "echo", "--user", "x"], "cannot be used with"),
        (&["disable", "--tool", ""], "--tool"),
        (&["revoke", "--before", "yesterday"], "RFC 3339"),
        (&["revoke", "--before", "2999-01-01T00:00:00Z"], "it lies ahead"),
        (&["revoke", "--tool", "echo"], "unexpected argument"),
    ];
    for (arguments, wanted) in cases {
        let said = control.refused(arguments);
        assert!(said.contains(wanted), "{arguments:?}: {said}");
    }
    assert_eq!(std::fs::read_to_string(&control.file).unwrap(), "");
    let unset = Command::new(SPECIMEN).args(["disable", "--tool", "echo"]).output().unwrap();
    let said = String::from_utf8(unset.stderr).unwrap();
    assert!(said.contains("no control file is set") && said.contains("MCP_TOOL_CONTROL_FILE"), "{said}");
}

#[test]
fn the_file_is_found_as_serve_finds_it() {
    let control = Control::of("");
    let config = control.file.with_extension("toml");
    std::fs::write(&config, format!("[control]\nfile = {:?}\n", control.path())).unwrap();
    let by_file = Command::new(SPECIMEN)
        .args(["disable", "--tool", "echo", "--config", config.to_str().unwrap()])
        .output();
    assert!(by_file.unwrap().status.success());
    let by_variable = Command::new(SPECIMEN)
        .args(["disable", "--user", "eve"])
        .env("MCP_TOOL_CONTROL_FILE", control.path())
        .output();
    assert!(by_variable.unwrap().status.success());
    assert_eq!(control.said(&["orders"]).lines().count(), 2);
}

#[test]
fn a_file_that_is_full_takes_no_order_that_nobody_would_read() {
    let line = |number: usize| {
        format!(
            "{{\"time\":\"2026-11-14T09:30:00Z\",\"by\":\"ann\",\"order\":\"revoke\",\"jti\":\"{number:0>900}\"}}\n"
        )
    };
    let lines = (16 << 20) / line(0).len();
    let control = Control::of(&(0..lines).map(line).collect::<String>());
    let server = HttpServer::start(&control.flags());
    let reason = "x".repeat(1_000);
    let order = ["disable", "--tool", "echo", "--reason", &reason];
    let refused = control.refused(&order);
    assert!(refused.contains("over 16 MiB") && refused.contains("orders --json"), "{refused}");
    control.append(&line(lines));
    server.stderr.line_with(&["ERROR", "over 16 MiB"]);
}

#[test]
fn orders_that_are_given_at_once_are_all_kept() {
    let control = Control::of("");
    std::thread::scope(|scope| {
        for number in 0..16 {
            let control = &control;
            scope.spawn(move || control.said(&["disable", "--user", &format!("user {number}")]));
        }
    });
    assert_eq!(control.said(&["orders"]).lines().count(), 16);
}

#[test]
fn a_line_that_another_command_is_writing_is_not_cut_off() {
    let control = Control::of("");
    let (first, rest) =
        r#"{"time":"2026-11-14T09:30:00Z","by":"ann","order":"disable","tool":"echo"}"#.split_at(40);
    let mut file = std::fs::OpenOptions::new().append(true).open(&control.file).unwrap();
    file.lock().unwrap();
    file.write_all(first.as_bytes()).unwrap();
    let mut other =
        Command::new(SPECIMEN).args(["disable", "--user", "eve"]).args(control.flags()).spawn().unwrap();
    // Long enough for one that doesn't wait to do its harm; one that does is none the worse.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(500) && other.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(10));
    }
    file.write_all(format!("{rest}\n").as_bytes()).unwrap();
    file.unlock().unwrap();
    assert!(wait(&mut other).success());
    let listed = control.said(&["orders"]);
    assert!(listed.contains("'echo'") && listed.contains("'eve'"), "{listed}");
}

/// What isn't a call of a tool goes the operator's way too.
#[test]
fn who_is_off_hears_of_no_changes() {
    let control = Control::new();
    let listen = |id: i64| {
        modern(
            id,
            "subscriptions/listen",
            json!({ "notifications": { "toolsListChanged": true } }),
            json!({}),
        )
    };
    let mut server = StdioServer::start(&control.flags());
    server.send(&listen(1).to_string());
    assert_eq!(server.receive()["method"], "notifications/subscriptions/acknowledged");
    control.said(&["disable", "--client", "harness"]);
    control.said(&["disable", "--tool", "echo"]);
    // The stream ends, with nothing of what has changed.
    let ended = server.answer(&json!(1));
    assert!(ended["result"].is_object(), "{ended}");
    assert_eq!(server.notifications, Vec::<Value>::new());
    server.send(&listen(2).to_string());
    let refused = server.answer(&json!(2));
    assert_eq!(refused["error"]["code"], -31_403, "{refused}");
}

#[test]
fn a_session_of_who_is_off_is_told_nothing() {
    let control = Control::new();
    let mut server = StdioServer::initialized(&control.flags());
    let toggle = |order: &str| control.said(&[order, "--tool", "echo"]);
    let is_told = |server: &StdioServer| {
        server.notifications.iter().any(|message| message["method"] == "notifications/tools/list_changed")
    };
    // Whoever has only just connected may not be listening yet.
    until("a change was told", || {
        toggle("disable");
        toggle("enable");
        server.call("counts", json!({}));
        is_told(&server)
    });
    control.said(&["disable", "--client", "harness"]);
    until("the client was off", || is_withdrawn(&server.call("counts", json!({}))));
    server.notifications.clear();
    toggle("disable");
    assert!(server.is_silent(Duration::from_millis(1_500)), "orders are heeded within a second");
}

#[test]
fn who_is_off_has_neither_tasks_nor_what_is_beside_the_tools() {
    let control = Control::new();
    let mut command = Command::new(SPECIMEN);
    let server = HttpServer::start_by(command.env("SPECIMEN_BESIDE", "1"), &control.flags());
    let capabilities = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    let meta = json!({ "io.modelcontextprotocol/clientCapabilities": capabilities });
    let begin = json!({ "name": "computes", "arguments": { "milliseconds": 60_000 } });
    let task = server.modern("tools/call", begin, meta.clone(), &[]).json()["result"]["taskId"].clone();
    let id = task.as_str().unwrap();
    let about = |method: &str| {
        let params = json!({ "taskId": id, "inputResponses": {} });
        server.modern(method, params, meta.clone(), &[("Mcp-Name", id)]).json()
    };
    let prompts = || server.modern("prompts/list", json!({}), meta.clone(), &[]).json();
    assert_eq!(about("tasks/get")["result"]["status"], "working");
    assert!(prompts()["result"]["prompts"].is_array());
    control.said(&["disable", "--client", "harness"]);
    until("the task was out of reach", || is_withdrawn(&about("tasks/get")));
    for answer in [about("tasks/update"), about("tasks/cancel"), prompts()] {
        assert!(is_withdrawn(&answer), "{answer}");
    }
    control.said(&["enable", "--client", "harness"]);
    until("it was in reach again", || about("tasks/get")["result"]["status"] == "working");
}
