//! Revocations and disabled tools, clients and users. Commands append them to the control file, a file of JSON lines,
//! and running servers apply each line within a second.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{
    HttpServer, SPECIMEN, StdioServer, correlation, kind, modern, text, tool_names, tools_call, until, wait,
};

/// A control file, and the commands that write it.
pub struct Control {
    _folder: TempDir,
    file: PathBuf,
}

impl Control {
    /// A control file that does not exist yet.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Control { file: folder.path().join("control.jsonl"), _folder: folder }
    }

    /// A control file with this text.
    pub fn of(text: &str) -> Self {
        let control = Control::new();
        std::fs::write(&control.file, text).unwrap();
        control
    }

    pub fn path(&self) -> &str {
        self.file.to_str().unwrap()
    }

    /// Arguments that make a server or a command use this control file.
    pub fn flags(&self) -> [&str; 2] {
        ["--control-file", self.path()]
    }

    /// Runs a command of the specimen, the test server, with this control file.
    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(SPECIMEN).args(arguments).args(self.flags()).output().unwrap()
    }

    /// Runs a command that must succeed and returns its stdout.
    pub fn execute(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail and returns its stderr.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Appends to the control file directly, without a command.
    fn append(&self, text: &str) {
        let mut content = std::fs::read_to_string(&self.file).unwrap();
        content.push_str(text);
        std::fs::write(&self.file, content).unwrap();
    }
}

/// Returns `true` if a call was refused because its tool is disabled.
fn is_tool_disabled(answer: &Value) -> bool {
    answer["result"]["isError"] == true && kind(answer) == "disabled"
}

/// Returns `true` if a call was refused because its user or client is disabled.
fn is_caller_disabled(answer: &Value) -> bool {
    answer["error"]["code"] == -31_403
        && answer["error"]["message"] == "the operator has disabled this user or client"
}

/// Names of the tools that a server lists.
fn listed_tools(server: &HttpServer) -> Vec<String> {
    tool_names(&server.modern("tools/list", json!({}), json!({}), &[]).json()["result"])
}

#[test]
fn tool_is_disabled_and_enabled_while_the_server_runs() {
    let control = Control::new();
    let server = HttpServer::start(&control.flags());
    let call = || server.call("echo", json!({ "text": "x" }));
    assert_eq!(text(&call()), "x");

    let stdout = control.execute(&["disable", "--tool", "echo", "--reason", "leaks"]);
    until("the tool was disabled over HTTP", || is_tool_disabled(&call()));
    assert!(stdout.contains("the tool 'echo' is disabled") && stdout.contains("within a second"), "{stdout}");
    let refused = call();
    assert!(text(&refused).contains("'echo' was disabled by the operator of this server"), "{refused}");
    assert!(text(&refused).contains("don't try again until a person says so"), "{refused}");
    let record = server.stderr.record_of(correlation(&refused));
    assert_eq!((&record["outcome"], &record["reason"]), (&json!("refused"), &json!("tool_disabled")));
    assert_eq!(record["version"], "1.0");
    assert!(!listed_tools(&server).contains(&"echo".to_owned()), "the disabled tool is still listed");
    assert_eq!(
        server.call("counts", json!({}))["result"]["isError"],
        json!(null),
        "a tool that is not disabled was refused"
    );

    control.execute(&["enable", "--tool", "echo"]);
    until("the tool was enabled again", || !is_tool_disabled(&call()));
    assert_eq!(text(&call()), "x");
    assert!(listed_tools(&server).contains(&"echo".to_owned()));
}

#[test]
fn disabling_a_tool_disables_its_versions_and_adapters() {
    let control = Control::new();
    let server = HttpServer::start(&control.flags());
    // `relay_v1` is an older version of `relay`, and `announce` another tool. Both are adapters: they pass their calls
    // to `relay`. `relay` has no parameter `text`, so until it is disabled, it refuses the call for that reason.
    let calls =
        || ["relay", "relay_v1", "announce"].map(|tool| server.call(tool, json!({ "text": "x" }))).to_vec();
    let disabled = || calls().iter().filter(|answer| is_tool_disabled(answer)).count();
    assert_eq!(disabled(), 0);
    control.execute(&["disable", "--tool", "relay"]);
    until("all versions and adapters were disabled", || disabled() == 3);
    let listed = listed_tools(&server);
    assert!(!listed.iter().any(|name| name.starts_with("relay") || name == "announce"), "{listed:?}");
}

#[test]
fn disabled_tools_and_users_are_refused_over_stdio() {
    let control = Control::new();
    let mut server = StdioServer::initialized(&control.flags());
    assert_eq!(text(&server.call("echo", json!({ "text": "x" }))), "x");
    control.execute(&["disable", "--tool", "echo"]);
    until("the tool was disabled over stdio", || {
        is_tool_disabled(&server.call("echo", json!({ "text": "x" })))
    });
    assert!(!tool_names(&server.request("tools/list", json!({}))["result"]).contains(&"echo".to_owned()));

    control.execute(&["disable", "--user", "local"]);
    until("the user was disabled over stdio", || is_caller_disabled(&server.call("counts", json!({}))));
    assert!(tool_names(&server.request("tools/list", json!({}))["result"]).is_empty());
    control.execute(&["enable", "--user", "local"]);
    control.execute(&["enable", "--tool", "echo"]);
    until("both were enabled again", || {
        server.call("echo", json!({ "text": "x" }))["result"]["isError"] != true
            && server.call("counts", json!({})).get("result").is_some()
    });
}

#[test]
fn disabled_user_is_refused_before_the_tool_is_looked_up() {
    let control = Control::new();
    let server = HttpServer::start(&[&control.flags()[..], &["--local-scopes", "specimen:read"]].concat());
    control.execute(&["disable", "--user", "local"]);
    let call = |name: &str| server.post(&[], &tools_call(1, name, json!({})));
    until("the user was disabled", || is_caller_disabled(&call("counts").json()));
    // A public tool, a tool that needs a scope which the user lacks, and no tool.
    for name in ["counts", "whoami", "no_such_tool"] {
        let reply = call(name);
        assert_eq!(reply.status, 403, "{name}");
        assert!(is_caller_disabled(&reply.json()), "{name}: {reply:?}");
        let record = server.stderr.record_of(correlation(&reply.json()));
        assert_eq!((&record["outcome"], &record["reason"]), (&json!("refused"), &json!("user_disabled")));
    }
    assert!(listed_tools(&server).is_empty());
    control.execute(&["enable", "--user", "local"]);
    until("the user was enabled again", || call("counts").status == 200);
}

#[test]
fn client_is_disabled_by_its_name() {
    let control = Control::new();
    let server = HttpServer::start(&control.flags());
    let call = |agent: &str| {
        let client = json!({ "io.modelcontextprotocol/clientInfo": { "name": agent, "version": "2" } });
        server.modern("tools/call", json!({ "name": "counts", "arguments": {} }), client, &[])
    };
    control.execute(&["disable", "--client", "rogue"]);
    until("the client was disabled", || is_caller_disabled(&call("rogue").json()));
    let record = server.stderr.record_of(correlation(&call("rogue").json()));
    assert_eq!((&record["reason"], &record["agent"]), (&json!("client_disabled"), &json!("rogue 2")));
    assert_eq!(call("another").status, 200);
}

#[test]
fn disabled_tools_and_users_are_refused_in_a_legacy_session() {
    let control = Control::new();
    let server = HttpServer::start(&[&control.flags()[..], &["--legacy-sessions", "4"]].concat());
    let id = server.open_session(&[]);
    let session = [("Mcp-Session-Id", id.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
    let call = || server.post(&session, &tools_call(1, "counts", json!({}))).body;
    control.execute(&["disable", "--tool", "counts"]);
    until("the tool was disabled in the session", || call().contains("disabled by the operator"));
    control.execute(&["disable", "--user", "local"]);
    until("the user was disabled in the session", || {
        call().contains("the operator has disabled this user or client")
    });
}

#[test]
fn malformed_control_file_stops_the_start() {
    let good = r#"{"time":"2026-11-14T09:30:00Z","by":"ann","action":"disable","tool":"echo"}"#;
    for bad in ["nonsense", r#"{"action":"disable"}"#, &good.replace("\"tool\"", "\"tol\""), ""] {
        let control = Control::of(&format!("{good}\n{bad}\n{good}\n"));
        let stderr = control.refused(&["serve", "--stdio"]);
        assert!(stderr.contains("control.file") && stderr.contains(control.path()), "{stderr}");
        assert!(
            stderr.contains("line 2") && stderr.contains("correct or remove that line"),
            "{bad}: {stderr}"
        );
    }
}

#[test]
fn unreadable_control_file_keeps_the_last_known_revocations() {
    let control = Control::new();
    let server = HttpServer::start(&control.flags());
    let echo = || server.call("echo", json!({ "text": "x" }));
    let counts = || server.call("counts", json!({}));
    let readiness = || server.send("GET", "/readyz", &[], b"").status;
    control.execute(&["disable", "--tool", "echo"]);
    until("the tool was disabled", || is_tool_disabled(&echo()));
    let content = std::fs::read_to_string(&control.file).unwrap();

    control.append("nonsense\n");
    server.stderr.line_with(&["ERROR", "control file is unreadable or was modified", "line 2"]);
    assert!(is_tool_disabled(&echo()) && !is_tool_disabled(&counts()));
    // Line 1 disables `echo`.
    assert!(
        control.refused(&["disable", "--tool", "counts"]).contains("line 2"),
        "the command must refuse to append to a file that servers can't read"
    );

    // The file may only grow: a file without the lines that the server has read is refused.
    for rewritten in ["", &content.replace("echo", "mono")] {
        std::fs::write(&control.file, rewritten).unwrap();
        server.stderr.line_with(&["ERROR", "doesn't begin with the lines"]);
        assert!(is_tool_disabled(&echo()));
    }
    std::fs::remove_file(&control.file).unwrap();
    server.stderr.line_with(&["ERROR", "control file is unreadable or was modified", "No such file"]);
    assert!(is_tool_disabled(&echo()));
    until("the server was not ready", || readiness() == 503);
    assert!(control.refused(&["enable", "--tool", "echo"]).contains("there is no such file"));

    std::fs::write(&control.file, &content).unwrap();
    server.stderr.line_with(&["WARN", "the control file can be applied again"]);
    assert!(is_tool_disabled(&echo()));
    control.execute(&["disable", "--tool", "counts"]);
    until("new lines applied again", || is_tool_disabled(&counts()));
    until("the server was ready again", || readiness() == 200);
}

#[test]
fn unfinished_line_applies_once_it_is_complete() {
    let control = Control::new();
    let server = HttpServer::start(&control.flags());
    let echo = || server.call("echo", json!({ "text": "x" }));
    let line = r#"{"time":"2026-11-14T09:30:00Z","by":"ann","action":"disable","tool":"echo"}"#;
    control.append(&line[..40]);
    let stdout = control.execute(&["disable", "--tool", "counts"]);
    until("the line after an unfinished line applied", || {
        is_tool_disabled(&server.call("counts", json!({})))
    });
    assert!(stdout.contains("is disabled"));
    assert_eq!(
        std::fs::read_to_string(&control.file).unwrap().lines().count(),
        1,
        "the command must remove the unfinished line"
    );
    control.append(line);
    assert!(!is_tool_disabled(&echo()));
    control.append("\n");
    until("the line applied once it was complete", || is_tool_disabled(&echo()));
    assert!(!server.stderr.text().contains("unreadable or was modified"), "{}", server.stderr.text());
}

#[test]
fn revocations_survive_a_restart() {
    let control = Control::new();
    let mut server = HttpServer::start(&control.flags());
    control.execute(&["disable", "--tool", "echo"]);
    until("the tool was disabled", || is_tool_disabled(&server.call("echo", json!({ "text": "x" }))));
    assert!(server.terminate().success());
    let server = HttpServer::start(&control.flags());
    assert!(
        is_tool_disabled(&server.call("echo", json!({ "text": "x" }))),
        "the restarted server accepted a call of the disabled tool"
    );
}

#[test]
fn control_file_is_private_to_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let control = Control::new();
    let _server = HttpServer::start(&control.flags());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&control.file), 0o600);
    std::fs::set_permissions(&control.file, std::fs::Permissions::from_mode(0o666)).unwrap();
    let server = HttpServer::start(&control.flags());
    server.stderr.line_with(&["WARN", "users other than its owner may write the control file"]);
}

#[test]
fn active_revocations_are_listed() {
    let control = Control::of("");
    assert_eq!(control.execute(&["revocations"]), "nothing is disabled or revoked\n");
    control.execute(&["disable", "--tool", "echo", "--reason", "a\u{202e}b\nc"]);
    control.execute(&["disable", "--user", "eve"]);
    control.execute(&["enable", "--user", "eve"]);
    control.execute(&["revoke", "--subject", "mallory"]);
    control.execute(&["revoke", "--before", "2026-01-02T03:04:05Z"]);
    let stdout = control.execute(&["enable", "--client", "nobody"]);
    assert_eq!(stdout, "nothing to do: the client 'nobody' isn't disabled\n");
    let listed = control.execute(&["revocations"]);
    assert_eq!(listed.lines().count(), 3, "{listed}");
    assert!(listed.contains("the tool 'echo' is disabled, by "), "{listed}");
    assert!(listed.contains("a\\u{202e}b\\nc"), "{listed}");
    assert!(listed.contains("tokens of the user 'mallory' issued until 20"), "{listed}");
    assert!(listed.contains("all tokens issued before 2026-01-02T03:04:05.000000Z are revoked"), "{listed}");
    let json = control.execute(&["revocations", "--format", "json"]);
    let entries: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (entries.len(), &entries[0]["action"], &entries[0]["tool"]),
        (3, &json!("disable"), &json!("echo"))
    );
}

#[test]
fn command_with_invalid_or_ineffective_arguments_is_refused() {
    let control = Control::of("");
    let cases: [(&[&str], &str); 8] = [
        (&["disable", "--tool", "ecko"], "did you mean echo?"),
        (&["disable", "--tool", "something_else"], "no tool of that name"),
        (&["disable"], "--tool"),
        (&["disable", "--tool", "echo", "--user", "x"], "cannot be used with"),
        (&["disable", "--tool", ""], "--tool"),
        (&["revoke", "--before", "yesterday"], "RFC 3339"),
        (&["revoke", "--before", "2999-01-01T00:00:00Z"], "must not be in the future"),
        (&["revoke", "--tool", "echo"], "unexpected argument"),
    ];
    for (arguments, expected) in cases {
        let stderr = control.refused(arguments);
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
    }
    assert_eq!(std::fs::read_to_string(&control.file).unwrap(), "");
    let unset = Command::new(SPECIMEN).args(["disable", "--tool", "echo"]).output().unwrap();
    let stderr = String::from_utf8(unset.stderr).unwrap();
    assert!(
        stderr.contains("no control file is set") && stderr.contains("MCP_TOOL_CONTROL_FILE"),
        "{stderr}"
    );
}

#[test]
fn control_file_is_set_by_configuration_file_or_environment() {
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
    assert_eq!(control.execute(&["revocations"]).lines().count(), 2);
}

#[test]
fn full_control_file_takes_no_further_lines() {
    // The file is filled to just below its maximum size of 16 MiB.
    let line = |number: usize| {
        format!(
            "{{\"time\":\"2026-11-14T09:30:00Z\",\"by\":\"ann\",\"action\":\"revoke\",\"jti\":\"{number:0>900}\"}}\n"
        )
    };
    let lines = (16 << 20) / line(0).len();
    let control = Control::of(&(0..lines).map(line).collect::<String>());
    let server = HttpServer::start(&control.flags());
    let reason = "x".repeat(1_000);
    let refused = control.refused(&["disable", "--tool", "echo", "--reason", &reason]);
    assert!(
        refused.contains("larger than 16 MiB") && refused.contains("revocations --format json"),
        "{refused}"
    );
    // Another program may append nevertheless.
    control.append(&line(lines));
    server.stderr.line_with(&["ERROR", "larger than 16 MiB"]);
}

#[test]
fn concurrent_commands_are_all_kept() {
    let control = Control::of("");
    std::thread::scope(|scope| {
        for number in 0..16 {
            let control = &control;
            scope.spawn(move || control.execute(&["disable", "--user", &format!("user {number}")]));
        }
    });
    assert_eq!(control.execute(&["revocations"]).lines().count(), 16);
}

#[test]
fn line_being_written_by_another_command_is_not_cut_off() {
    let control = Control::of("");
    // This test writes a line in two parts, and holds the file lock meanwhile, as a command does.
    let (first, rest) =
        r#"{"time":"2026-11-14T09:30:00Z","by":"ann","action":"disable","tool":"echo"}"#.split_at(40);
    let mut file = std::fs::OpenOptions::new().append(true).open(&control.file).unwrap();
    file.lock().unwrap();
    file.write_all(first.as_bytes()).unwrap();
    let mut command =
        Command::new(SPECIMEN).args(["disable", "--user", "eve"]).args(control.flags()).spawn().unwrap();
    // Within this time, a command that ignored the file lock would cut off the unfinished line.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(500) && command.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(10));
    }
    file.write_all(format!("{rest}\n").as_bytes()).unwrap();
    file.unlock().unwrap();
    assert!(wait(&mut command).success());
    let listed = control.execute(&["revocations"]);
    assert!(listed.contains("'echo'") && listed.contains("'eve'"), "{listed}");
}

#[test]
fn disabled_client_receives_no_list_changes() {
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
    // `harness` is the name of the test client.
    control.execute(&["disable", "--client", "harness"]);
    control.execute(&["disable", "--tool", "echo"]);
    // The stream ends without a notification.
    let ended = server.answer(&json!(1));
    assert!(ended["result"].is_object(), "{ended}");
    assert_eq!(server.notifications, Vec::<Value>::new());
    server.send(&listen(2).to_string());
    let refused = server.answer(&json!(2));
    assert_eq!(refused["error"]["code"], -31_403, "{refused}");
}

#[test]
fn session_of_a_disabled_client_receives_no_notifications() {
    let control = Control::new();
    let mut server = StdioServer::initialized(&control.flags());
    let toggle = |command: &str| control.execute(&[command, "--tool", "echo"]);
    let is_notified = |server: &StdioServer| {
        server.notifications.iter().any(|message| message["method"] == "notifications/tools/list_changed")
    };
    // The notification stream of a new client may not be open yet, so several changes may be needed.
    until("a change was announced", || {
        toggle("disable");
        toggle("enable");
        server.call("counts", json!({}));
        is_notified(&server)
    });
    // The name of the test client.
    control.execute(&["disable", "--client", "harness"]);
    until("the client was disabled", || is_caller_disabled(&server.call("counts", json!({}))));
    server.notifications.clear();
    toggle("disable");
    assert!(server.is_silent(Duration::from_millis(1_500)), "the client was notified");
}

#[test]
fn disabled_client_reaches_neither_tasks_nor_the_fallback_handler() {
    let control = Control::new();
    let mut command = Command::new(SPECIMEN);
    // With this variable, a fallback handler serves prompts.
    let server = HttpServer::start_by(command.env("SPECIMEN_FALLBACK", "1"), &control.flags());
    let capabilities = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    let meta = json!({ "io.modelcontextprotocol/clientCapabilities": capabilities });
    let begin = json!({ "name": "computes", "arguments": { "milliseconds": 60_000 } });
    let task = server.modern("tools/call", begin, meta.clone(), &[]).json()["result"]["taskId"].clone();
    let id = task.as_str().unwrap();
    let task_request = |method: &str| {
        let params = json!({ "taskId": id, "inputResponses": {} });
        server.modern(method, params, meta.clone(), &[("Mcp-Name", id)]).json()
    };
    let prompts = || server.modern("prompts/list", json!({}), meta.clone(), &[]).json();
    assert_eq!(task_request("tasks/get")["result"]["status"], "working");
    assert!(prompts()["result"]["prompts"].is_array());
    // The name of the test client.
    control.execute(&["disable", "--client", "harness"]);
    until("the task was refused", || is_caller_disabled(&task_request("tasks/get")));
    for answer in [task_request("tasks/update"), task_request("tasks/cancel"), prompts()] {
        assert!(is_caller_disabled(&answer), "{answer}");
    }
    control.execute(&["enable", "--client", "harness"]);
    until("the task was available again", || task_request("tasks/get")["result"]["status"] == "working");
}
