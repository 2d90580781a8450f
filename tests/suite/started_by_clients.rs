//! Servers as clients start them over stdio: in a deleted or unreadable folder, with closed standard streams, and
//! several at once with the same files.

use std::{
    io::Write as _,
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use serde_json::json;

use crate::harness::{
    Reply, SPECIMEN, StdioServer, correlation, free_port, kind, terminate, text, until, wait,
};

/// Returns a command that runs the specimen in a shell, after the shell has executed `script`.
fn after(script: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{script}; exec \"$0\" \"$@\""), SPECIMEN]);
    shell
}

#[test]
fn server_starts_in_a_deleted_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = after("mkdir gone; cd gone; rmdir ../gone");
    let mut server = StdioServer::initialized_by(command.current_dir(folder.path()), &[]);
    assert_eq!(text(&server.call("echo", json!({ "text": "x" }))), "x");
    assert!(server.close().success());
}

#[test]
fn server_starts_in_an_unreadable_folder() {
    let folder = tempfile::tempdir().unwrap();
    let current = folder.path().join("closed");
    std::fs::create_dir(&current).unwrap();
    std::fs::write(current.join("mcp-tool.toml"), "nonsense").unwrap();
    // Permissions aren't checked for root, so for root the folder is readable.
    let mut command = after("chmod 000 .");
    let mut server = StdioServer::initialized_by(command.current_dir(&current), &[]);
    assert_eq!(text(&server.call("echo", json!({ "text": "x" }))), "x");
    assert!(server.close().success());
    std::fs::set_permissions(&current, PermissionsExt::from_mode(0o700)).unwrap();
}

#[test]
fn closed_stderr_does_not_end_calls_or_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.jsonl");
    // Stderr is closed from the start, is a pipe whose reader has ended (the client crashed), or is on a full disk.
    for stderr in ["exec 2>&-", "exec 2>\"$PIPE\"", "exec 2>/dev/full"] {
        let pipe = folder.path().join("pipe");
        drop(std::fs::remove_file(&pipe));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Opens the pipe for the server, and ends the reader.
        let script = format!("(: <\"$PIPE\") & {stderr}; wait");
        let mut command = after(if stderr.contains("PIPE") { &script } else { stderr });
        let flags = ["--audit-file", file.to_str().unwrap()];
        let mut server = StdioServer::initialized_by(command.env("PIPE", &pipe), &flags);
        assert_eq!(text(&server.call("echo", json!({ "text": "x" }))), "x", "{stderr}");
        // The server also logs the panic of the tool.
        assert_eq!(kind(&server.call("panics", json!({}))), "internal", "{stderr}");
        assert!(server.close().success(), "{stderr}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 6);
}

#[test]
fn http_server_starts_with_a_closed_stderr() {
    for stderr in ["exec 2>&-", "exec 2>/dev/full"] {
        let address = format!("127.0.0.1:{}", free_port());
        let mut command = after(stderr);
        command.args(["serve", "--http", &address]).stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        // The text for people that the server prints after the start can't be written.
        until("the server was ready", || {
            assert_eq!(child.try_wait().unwrap(), None, "{stderr}");
            let Ok(mut stream) = TcpStream::connect(&address) else { return false };
            stream
                .write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                .unwrap();
            Reply::read(stream).status == 200
        });
        terminate(child.id());
        assert!(wait(&mut child).success(), "{stderr}");
    }
}

#[test]
fn closed_stdin_shuts_the_server_down() {
    for streams in ["exec 0<&-", "exec 0<&- 1>&- 2>&-", "exec 1>&-"] {
        let mut command = after(streams);
        let status = command
            .args(["serve", "--stdio"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success(), "{streams}");
    }
}

#[test]
fn command_with_a_closed_stderr_fails_with_its_code() {
    for stderr in ["exec 2>&-", "exec 2>/dev/full"] {
        for arguments in
            [&["serve"][..], &["audit", "--file", "/no/such/file"], &["disable", "--tool", "echo"]]
        {
            let status = after(stderr).args(arguments).stdout(Stdio::null()).status().unwrap();
            assert_eq!(status.code(), Some(1), "{stderr}: {arguments:?}");
        }
    }
}

#[test]
fn several_servers_share_one_audit_file_and_one_control_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (audit, control) = (path("calls.jsonl"), path("control.jsonl"));
    let flags = ["--audit-file", &audit, "--control-file", &control, "--audit-max-size", "8KiB"];
    // All of them start at once, and create the same files.
    let mut servers: Vec<StdioServer> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..4).map(|_| scope.spawn(|| StdioServer::initialized(&flags))).collect();
        starting.into_iter().map(|server| server.join().unwrap()).collect()
    });
    let mut ids: Vec<String> = Vec::new();
    for number in 0..100 {
        for server in &mut servers {
            ids.push(correlation(&server.call("echo", json!({ "text": number.to_string() }))).to_owned());
        }
    }
    // Commands append at once, and every server applies every line.
    std::thread::scope(|scope| {
        for tool in ["echo", "counts", "unlock", "large"] {
            let control = &control;
            scope.spawn(move || {
                let mut command = Command::new(SPECIMEN);
                let output =
                    command.args(["disable", "--tool", tool, "--control-file", control]).output().unwrap();
                assert!(output.status.success(), "{output:?}");
            });
        }
    });
    for server in &mut servers {
        for (tool, arguments) in
            [("echo", json!({ "text": "x" })), ("counts", json!({})), ("large", json!({ "bytes": 1 }))]
        {
            until("the tool was disabled", || {
                let answer = server.call(tool, arguments.clone());
                answer["result"]["isError"] == true && kind(&answer) == "disabled"
            });
        }
        assert!(server.close().success());
    }
    let mut found = Vec::new();
    let output =
        Command::new(SPECIMEN).args(["audit", "--file", &audit, "--format", "json"]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        found.push(record["correlation_id"].as_str().unwrap().to_owned());
    }
    for id in ids {
        assert_eq!(found.iter().filter(|other| **other == id).count(), 1, "{id}");
    }
}
