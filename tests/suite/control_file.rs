//! The control file while servers run and commands write it: a file that is replaced by a pipe or by another file.

use std::{path::PathBuf, process::Command};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    audit_file::make_pipe,
    harness::{HttpServer, SPECIMEN, kind, text, until},
};

fn control_file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("control.jsonl");
    (folder, file)
}

/// Runs `disable --tool echo`, and returns the exit code and the output.
fn disable_echo(file: &str) -> (i32, String) {
    let output =
        Command::new(SPECIMEN).args(["disable", "--tool", "echo", "--control-file", file]).output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(printed).unwrap())
}

#[test]
fn control_file_that_became_a_pipe_makes_the_server_not_ready_and_commands_fail() {
    let (folder, file) = control_file();
    let path = file.to_str().unwrap();
    let server = HttpServer::start(&["--control-file", path]);
    let readiness = || server.send("GET", "/readyz", &[], b"").status;
    assert_eq!(readiness(), 200);
    let moved = folder.path().join("moved");
    std::fs::rename(&file, &moved).unwrap();
    make_pipe(&file);
    until("the server was not ready", || readiness() == 503);
    server.stderr.line_with(&["ERROR", "control file is unreadable or was modified", "is a pipe"]);
    let (code, printed) = disable_echo(path);
    assert!(code == 1 && printed.contains("is a pipe") && !printed.contains("is disabled"), "{printed}");
    // The watcher didn't wait for the pipe, so it applies the next file.
    std::fs::rename(&moved, &file).unwrap();
    until("the server was ready again", || readiness() == 200);
    assert_eq!(disable_echo(path).0, 0);
    until("the tool was disabled", || {
        let answer = server.call("echo", json!({ "text": "x" }));
        answer["result"]["isError"] == true && kind(&answer) == "disabled"
    });
    assert_eq!(text(&server.call("unlock", json!({ "pin": "1234", "minutes": 1 }))), "Done.");
}

#[test]
fn control_file_that_is_not_a_regular_file_stops_the_start_and_commands() {
    let (folder, pipe) = control_file();
    make_pipe(&pipe);
    for path in ["/dev/null", pipe.to_str().unwrap(), folder.path().to_str().unwrap()] {
        for command in [
            &["serve", "--stdio"][..],
            &["disable", "--tool", "echo"],
            &["revoke", "--jti", "x"],
            &["revocations"],
        ] {
            let output =
                Command::new(SPECIMEN).args(command).args(["--control-file", path]).output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{command:?} {path}: {stderr}");
            assert!(
                output.stdout.is_empty() && stderr.contains("must be a regular file"),
                "{command:?}: {stderr}"
            );
            assert!(stderr.contains(path), "{command:?}: {stderr}");
        }
    }
}
