//! Signals of operating systems, process managers and terminals.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;

use crate::harness::{HttpServer, SPECIMEN, Stderr, StdioServer, correlation, text, tools_call, until, wait};

/// Sends signals to a process, one immediately after the other.
fn send(process: u32, signals: &[&str]) {
    let kills: Vec<String> = signals.iter().map(|signal| format!("kill -{signal} {process}")).collect();
    // The process may have ended.
    Command::new("sh").args(["-c", &kills.join("; ")]).stderr(Stdio::null()).status().unwrap();
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

#[test]
fn hangup_opens_the_audit_file_again_and_stops_no_call() {
    for signal in ["HUP", "USR1"] {
        let folder = tempfile::tempdir().unwrap();
        let (file, moved) = (folder.path().join("calls.jsonl"), folder.path().join("calls.jsonl.1"));
        let mut server = StdioServer::initialized(&["--audit-file", file.to_str().unwrap()]);
        let first = correlation(&server.call("echo", json!({ "text": "x" }))).to_owned();
        until("the first record was written", || lines(&file).len() == 1);
        std::fs::rename(&file, &moved).unwrap();
        server.send(&tools_call(70, "waits", json!({ "milliseconds": 2_000 })).to_string());
        send(server.process(), &[signal]);
        until("the file was created again", || file.exists());
        assert!(
            lines(&file).is_empty(),
            "the file was created for the record of a call, and not by SIG{signal}"
        );
        assert!(server.answer(&json!(70)).get("result").is_some(), "SIG{signal} stopped a call");
        assert_eq!(text(&server.call("echo", json!({ "text": "y" }))), "y");
        assert!(server.close().success());
        assert!(lines(&moved).len() == 1 && lines(&moved)[0].contains(&first));
        assert_eq!(lines(&file).len(), 2, "SIG{signal} lost a record");
    }
}

#[test]
fn stop_signals_within_a_second_count_as_one() {
    let mut server = StdioServer::initialized(&[]);
    server.send(&tools_call(70, "waits", json!({ "milliseconds": 1_500 })).to_string());
    // The answer to this call shows that the call before it is running.
    assert_eq!(text(&server.call("echo", json!({ "text": "x" }))), "x");
    // npm and terminals send several signals, because they signal every process of a group.
    send(server.process(), &["INT", "TERM", "INT", "QUIT"]);
    assert_eq!(text(&server.answer(&json!(70))), "waited");
    assert!(server.wait().success());
}

#[test]
fn stop_signal_after_a_second_exits_at_once() {
    let mut server = HttpServer::start(&["--grace", "1h"]);
    let mut stream = server.connect();
    let call = tools_call(1, "waits", json!({ "milliseconds": 60_000 })).to_string();
    stream.write_all(&server.request_bytes("POST", "/mcp", &[], call.as_bytes())).unwrap();
    server.wait_for_count("running", 1);
    let begun = Instant::now();
    let status = loop {
        server.signal();
        if let Some(status) = server.exit_status() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(1));
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(1), "the signals of the first second counted: {took:?}");
}

#[test]
fn hangup_of_the_terminal_shuts_the_server_down() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.jsonl");
    // `script` runs the server in a terminal of its own, whose output goes to stderr here.
    let serve = format!("{SPECIMEN} serve --http 127.0.0.1:0 --audit-file {}", file.display());
    let script = format!("exec script -qec 'echo process $$; exec {serve}' /dev/null >&2");
    let mut shell = Command::new("sh");
    let mut child = shell.args(["-c", &script]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let output = Stderr::follow(&mut child);
    output.line_with(&["serves at http"]);
    let line = output.line_with(&["process "]);
    let process: u32 = line.trim().strip_prefix("process ").unwrap().parse().unwrap();
    send(process, &["HUP"]);
    until("the server stopped or opened the file again", || {
        output.text().contains("shutting down") || output.text().contains("opens the audit file again")
    });
    // Ends a server that didn't stop.
    send(process, &["TERM"]);
    assert!(wait(&mut child).success());
    assert!(!output.text().contains("opens the audit file again"), "{}", output.text());
}

#[test]
fn stop_signal_ends_a_server_whose_settings_file_hangs() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("settings");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for signal in ["TERM", "INT"] {
        // Nobody writes to the pipe. The open for reading ends when the test opens the pipe for writing.
        let mut command = Command::new(SPECIMEN);
        command.args(["serve", "--stdio", "--config"]).arg(&pipe).stdin(Stdio::null());
        let mut child = command.spawn().unwrap();
        let writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
        // The server opened the pipe, so it already receives signals.
        send(child.id(), &[signal]);
        assert!(wait(&mut child).success(), "SIG{signal}");
        drop(writer);
    }
}
