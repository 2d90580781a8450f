//! Servers as containers run them: as process 1 and as a user without a name and a home, in a read-only file system
//! that has only the program and its libraries, with odd environment variables. One test uses IPv6 only.
//!
//! The feature `containers` adds these tests. They need Linux namespaces that an ordinary user may create, and IPv6.

use std::{
    ffi::OsStr,
    io::{Read as _, Write as _},
    os::unix::ffi::OsStrExt as _,
    path::Path,
    process::Command,
};

use serde_json::{Value, json};

use crate::{
    audit_file::mode,
    harness::{HttpServer, Reply, SPECIMEN, terminate, text, tools_call, until},
};

/// Makes a file system of the specimen, its libraries and `/data`, and runs the specimen there as process 1 and as the
/// user 1000650000, who can write only `/data`.
const RUN: &str = r#"
set -eu
unshare=$(command -v unshare)
env=$(command -v env)
mount -t tmpfs -o mode=755 none "$ROOT"
mkdir "$ROOT/app" "$ROOT/dev" "$ROOT/proc" "$ROOT/data"
for file in $(ldd "$SPECIMEN" | grep -o '/[^ ]*') ; do
  mkdir -p "$ROOT$(dirname "$file")"
  cp "$file" "$ROOT$file"
done
touch "$ROOT/app/server" "$ROOT/dev/null"
mount --bind "$SPECIMEN" "$ROOT/app/server"
mount --bind /dev/null "$ROOT/dev/null"
mount --bind "$DATA" "$ROOT/data"
mount -t proc proc "$ROOT/proc"
mount -o remount,ro,bind "$ROOT/app/server"
mount -o remount,ro "$ROOT"
exec "$env" -i "$@"
"#;

/// Returns a command that runs the specimen with these environment variables in a container whose `/data` is `data`.
/// `root` is an empty folder.
fn container(root: &Path, data: &Path, variables: &[(&[u8], &[u8])]) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", RUN, "sh"]);
    for (name, value) in variables {
        command.arg(OsStr::from_bytes(&[name, &b"="[..], value].concat()));
    }
    // The program `unshare` is outside of the root, and it changes the root after it has created the namespace.
    let unshare = "/usr/bin/unshare";
    command.args([unshare, "--user", "--map-user=1000650000", "--map-group=1000650000"]);
    command.args([format!("--root={}", root.display()), "--wd=/".into(), "/app/server".into()]);
    command.env("ROOT", root).env("DATA", data).env("SPECIMEN", SPECIMEN);
    command
}

/// Variables as orchestrators, images and compose files set them.
const VARIABLES: &[(&[u8], &[u8])] = &[
    (b"HOME", b"/root"),
    (b"XDG_CONFIG_HOME", b""),
    (b"TMPDIR", b"/no/such/folder"),
    (b"LANG", b""),
    (b"ODD", b"\xff\xfe\n"),
    (b"MCP_TOOL_SERVICE_HOST", b"10.96.0.11"),
    (b"MCP_TOOL_PORT_80_TCP", b"tcp://10.96.0.11:80"),
    (b"MCP_TOOL_HTTP_GRACE", b""),
];

/// Process id of the server in the container of `server`, as this process sees it.
fn process(server: &HttpServer) -> u32 {
    let outer = server.process();
    let children = std::fs::read_to_string(format!("/proc/{outer}/task/{outer}/children")).unwrap();
    children.trim().parse().unwrap()
}

#[test]
fn container_serves_records_and_stops_after_the_calls_in_flight() {
    let (root, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut command = container(root.path(), data.path(), VARIABLES);
    let flags = ["--audit-file", "/data/calls.jsonl", "--control-file", "/data/control.jsonl"];
    let mut server = HttpServer::start_by(&mut command, &flags);
    let status = std::fs::read_to_string(format!("/proc/{}/status", process(&server))).unwrap();
    let inner = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap();
    assert_eq!(inner.split_whitespace().next_back(), Some("1"), "the server must be process 1: {inner}");
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(server.send("GET", probe, &[], b"").status, 200, "{probe}");
    }
    assert_eq!(text(&server.call("echo", json!({ "text": "x" }))), "x");
    let line = server.stderr.line_with(&["WARN", "of an orchestrator are ignored"]);
    assert!(line.contains("number: 2"), "{line}");

    let mut stream = server.connect();
    let call = tools_call(2, "waits", json!({ "milliseconds": 1_000 })).to_string();
    stream.write_all(&server.request_bytes("POST", "/mcp", &[], call.as_bytes())).unwrap();
    server.wait_for_count("running", 1);
    terminate(process(&server));
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("waited"), "the call in flight was given up: {answer}");
    assert!(server.wait().success());
    assert!(!server.stderr.text().contains("panicked"), "{}", server.stderr.text());

    let records = std::fs::read_to_string(data.path().join("calls.jsonl")).unwrap();
    let records: Vec<Value> = records.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let waited = records.iter().find(|record| record["tool"] == "waits").unwrap();
    assert_eq!(waited["outcome"], "ok");
    assert_eq!(mode(&data.path().join("calls.jsonl")), 0o600);
}

#[test]
fn command_runs_in_a_container_without_user_names() {
    let (root, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let control = data.path().join("control.jsonl");
    std::fs::write(&control, "").unwrap();
    let mut command = container(root.path(), data.path(), VARIABLES);
    let output = command
        .args(["disable", "--tool", "echo", "--control-file", "/data/control.jsonl"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let entry: Value = serde_json::from_str(&std::fs::read_to_string(&control).unwrap()).unwrap();
    assert_eq!((&entry["by"], &entry["tool"]), (&json!("1000650000"), &json!("echo")));
}

#[test]
fn calls_that_write_are_refused_in_a_read_only_file_system_without_data() {
    let (root, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = HttpServer::start_by(&mut container(root.path(), data.path(), &[]), &[]);
    assert_eq!(text(&server.call("echo", json!({ "text": "x" }))), "x");
    assert_eq!(server.send("GET", "/readyz", &[], b"").status, 200);
    drop(server);
    // With a file that can't be written, the server isn't ready.
    let root = tempfile::tempdir().unwrap();
    let server = HttpServer::start_by(
        &mut container(root.path(), data.path(), &[]),
        &["--audit-file", "/app/calls.jsonl"],
    );
    server.stderr.line_with(&["ERROR", "audit records can't be written", "Read-only file system"]);
    assert_eq!(server.send("GET", "/readyz", &[], b"").status, 503);
    assert_eq!(text(&server.call("echo", json!({ "text": "x" }))), "x");
}

#[test]
fn stop_signal_to_process_1_ends_a_server_without_calls() {
    let (root, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for signal in ["TERM", "INT", "QUIT"] {
        let mut server = HttpServer::start_by(&mut container(root.path(), data.path(), &[]), &[]);
        let kill = Command::new("sh").args(["-c", &format!("kill -{signal} {}", process(&server))]).status();
        assert!(kill.unwrap().success());
        assert!(server.wait().success(), "SIG{signal}");
    }
}

#[test]
fn server_is_reached_by_ipv6_only() {
    let mut server = HttpServer::start_at(&mut Command::new(SPECIMEN), "[::1]:0", &[]);
    assert!(server.address.is_ipv6());
    assert_eq!(text(&server.call("echo", json!({ "text": "x" }))), "x");
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(server.send("GET", probe, &[], b"").status, 200, "{probe}");
    }
    let origin = format!("http://{}", server.address);
    let call = tools_call(1, "echo", json!({ "text": "x" })).to_string();
    assert_eq!(server.send("POST", "/mcp", &[("Origin", &origin)], call.as_bytes()).status, 200);
    let named = format!("localhost:{}", server.address.port());
    assert_eq!(server.send("POST", "/mcp", &[("Host", &named)], call.as_bytes()).status, 200);
    until("the address was recorded", || {
        server.stderr.records().iter().any(|record| record["remote"] == "::1")
    });
    let config = server.stderr.line_with(&["{\"mcpServers\""]);
    assert!(config.contains(&format!("http://[::1]:{}/mcp", server.address.port())), "{config}");
    // The address is IPv6, and nothing listens on IPv4.
    assert!(std::net::TcpStream::connect(("127.0.0.1", server.address.port())).is_err());
    let reply = Reply::read({
        let mut stream = server.connect();
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n").unwrap();
        stream
    });
    assert_eq!(reply.status, 200);
    assert!(server.terminate().success());
}
