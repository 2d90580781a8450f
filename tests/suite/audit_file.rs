//! The audit file while a server runs: a path that isn't a regular file, a file that is replaced by a pipe, file modes,
//! and file size limits.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;
use tempfile::TempDir;

use crate::harness::{HttpServer, SPECIMEN, StdioServer, kind, text, tools_call, until};

/// Path of the audit file in a temporary folder.
fn audit_file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.jsonl");
    (folder, file)
}

/// Creates a named pipe without a reader.
pub fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Permission bits of a file.
pub fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).unwrap_or_default().lines().count()
}

#[test]
fn audit_file_that_is_not_a_regular_file_stops_the_start() {
    let (folder, pipe) = audit_file();
    make_pipe(&pipe);
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    for path in [
        "/dev/null",
        "/dev/stdout",
        "/dev/stderr",
        "/proc/self/fd/1",
        pipe.to_str().unwrap(),
        link.to_str().unwrap(),
        folder.path().to_str().unwrap(),
    ] {
        // Stdout is a file, so that `/dev/stdout` leads to a regular file.
        let stdout = std::fs::File::create(folder.path().join("stdout")).unwrap();
        let mut command = Command::new(SPECIMEN);
        command.args(["serve", "--stdio", "--audit-file", path]).stdout(stdout);
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{path}: {stderr}");
        for part in ["audit.file", path, "must be a regular file", "leave audit.file unset"] {
            assert!(stderr.contains(part), "{path}: no {part:?} in: {stderr}");
        }
    }
}

#[test]
fn calls_that_write_are_refused_while_the_audit_file_is_a_pipe() {
    let (folder, file) = audit_file();
    let server = HttpServer::start(&["--audit-file", file.to_str().unwrap()]);
    let readiness = || server.send("GET", "/readyz", &[], b"").status;
    let unlock = || server.call("unlock", json!({ "pin": "1234", "minutes": 1 }));
    assert_eq!(text(&unlock()), "Done.");
    until("the first record was written", || lines(&file) == 1);
    std::fs::rename(&file, folder.path().join("moved")).unwrap();
    make_pipe(&file);
    // The record of this call is the first that can't be written.
    assert_eq!(text(&server.call("echo", json!({ "text": "x" }))), "x");
    until("the server was not ready", || readiness() == 503);
    assert_eq!(kind(&unlock()), "unavailable");
    server.stderr.line_with(&["ERROR", "audit records can't be written", "is a pipe"]);
    std::fs::remove_file(&file).unwrap();
    until("the server was ready again", || readiness() == 200);
    assert_eq!(text(&unlock()), "Done.");
    // The records that waited, and the last one.
    until("no record was lost", || lines(&file) == 3);
    let log = server.stderr.text();
    assert_eq!(log.matches("audit records can't be written").count(), 1, "{log}");
    assert_eq!(log.matches("audit records are written again").count(), 1, "{log}");
}

#[test]
fn files_that_a_server_creates_are_private_to_its_owner() {
    let (folder, file) = audit_file();
    let listed = folder.path().join("listed.json");
    // A process with the same id crashed and left this file, as happens in containers.
    let mut shell = Command::new("sh");
    let leave = "umask 000; echo > \"$LISTED.new.$$\"; exec \"$0\" \"$@\"";
    shell.args(["-c", leave, SPECIMEN]).env("LISTED", folder.path().join("listed"));
    let flags = ["--audit-file", file.to_str().unwrap(), "--last-listed-file", listed.to_str().unwrap()];
    let mut server =
        StdioServer::initialized_by(&mut shell, &[&flags[..], &["--audit-max-size", "1KiB"]].concat());
    for _ in 0..10 {
        server.call("echo", json!({ "text": "x" }));
    }
    server.request("tools/list", json!({}));
    assert!(server.close().success());
    let files: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 3 && files.contains(&listed), "no rotated file, or no last-listed file: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{file:?}");
    }
}

#[test]
fn last_listed_file_that_is_a_link_stays_a_link() {
    let (folder, _) = audit_file();
    let (link, target) = (folder.path().join("link.json"), folder.path().join("target.json"));
    std::fs::write(&target, "{\"lists\":[],\"callers\":[]}").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let mut server = StdioServer::initialized(&["--last-listed-file", link.to_str().unwrap()]);
    server.request("tools/list", json!({}));
    assert!(server.close().success());
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink(), "the link was replaced by a file");
    assert!(std::fs::read_to_string(&target).unwrap().contains("echo"));
}

#[test]
fn query_does_not_wait_for_a_pipe() {
    let (_folder, pipe) = audit_file();
    make_pipe(&pipe);
    let output = Command::new(SPECIMEN).args(["audit", "--file", pipe.to_str().unwrap()]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && stderr.contains("is a pipe"), "{stderr}");
}

#[test]
fn every_recorded_outcome_can_be_searched_for() {
    let (_folder, file) = audit_file();
    let page = std::fs::read_to_string(crate::harness::root().join("docs/reference/record.md")).unwrap();
    // The rows below the heading of the table of outcomes.
    let table = page.split("| outcome | meaning |").nth(1).unwrap();
    let outcomes: Vec<&str> =
        table.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
    assert!(outcomes.contains(&"asked") && outcomes.len() >= 6, "{outcomes:?}");
    for outcome in &outcomes {
        let record = json!({
            "time": "2026-11-14T10:00:00Z", "correlation_id": outcome, "user": "ann", "tool": "echo", "outcome": outcome,
        });
        std::fs::write(&file, format!("{record}\n")).unwrap();
        let path = file.to_str().unwrap();
        let output =
            Command::new(SPECIMEN).args(["audit", "--file", path, "--outcome", outcome]).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && stdout.ends_with(&format!("{outcome}\n")), "{outcome}: {stdout}");
    }
    // A refused call, and a call that ends with a question.
    let server = HttpServer::start(&["--audit-file", file.to_str().unwrap()]);
    drop(server.post(&[], &tools_call(1, "no_such_tool", json!({}))));
    let meta = json!({ "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} } });
    let asks = json!({ "name": "asks_twice", "arguments": {} });
    assert_eq!(server.modern("tools/call", asks, meta, &[]).json()["result"]["resultType"], "input_required");
    until("both calls were recorded", || lines(&file) == 3);
    let found = Command::new(SPECIMEN)
        .args(["audit", "--file", file.to_str().unwrap(), "--tool", "asks_twice", "--outcome", "asked"])
        .output()
        .unwrap();
    assert!(String::from_utf8(found.stdout).unwrap().contains("asks_twice"), "the question isn't found");
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(
        written
            .lines()
            .all(|line| outcomes.iter().any(|name| line.contains(&format!("\"outcome\":\"{name}\""))))
    );
}
