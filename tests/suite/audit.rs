//! Audit records: their content, the rotation of their files, their survival of crashes, and the `audit` command.
//!
//! Most tests call tools of the test server ([`SPECIMEN`], `tests/src`) that need no scope: `counts`, which has no
//! parameters, and `echo`.

use std::{
    io::Write as _,
    net::TcpStream,
    path::PathBuf,
    process::{Command, Output},
    sync::Mutex,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{HttpServer, MAX_WAIT, Reply, SPECIMEN, StdioServer, correlation, rpc, tools_call};

#[test]
fn record_contains_the_remote_address_and_scopes() {
    let server = HttpServer::start(&["--local-scopes", "specimen:read,specimen:more"]);
    let record_of = |answer: &Value| server.stderr.record_of(correlation(answer));
    let ran = record_of(&server.call("counts", json!({})));
    assert_eq!((&ran["remote"], &ran["outcome"]), (&json!("127.0.0.1"), &json!("ok")));
    assert_eq!(ran["scopes"], json!(["specimen:more", "specimen:read"]));
    // `whoami` needs `specimen:read` and `specimen:admin`.
    let refused = record_of(&server.call("whoami", json!({})));
    assert_eq!((&refused["remote"], &refused["reason"]), (&json!("127.0.0.1"), &json!("insufficient_scope")));
    assert_eq!(refused["detail"], "specimen:admin");
    // No proxy is trusted, so these headers don't change the recorded address.
    let forged = [("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=192.0.2.1")];
    let call = rpc("tools/call", json!({ "name": "counts", "arguments": {} }));
    assert_eq!(record_of(&server.post(&forged, &call).json())["remote"], "127.0.0.1");
    // `arguments` must be an object.
    let malformed = rpc("tools/call", json!({ "name": "counts", "arguments": [] }));
    let malformed = record_of(&server.post(&[], &malformed).json());
    assert_eq!(
        (&malformed["remote"], &malformed["reason"]),
        (&json!("127.0.0.1"), &json!("invalid_request"))
    );

    // Over stdio there is no address, and without `--local-scopes` the caller has all scopes.
    let mut server = StdioServer::initialized(&[]);
    let answer = server.call("counts", json!({}));
    let record = server.stderr.record_of(correlation(&answer));
    assert_eq!((record.get("remote"), &record["scopes"]), (None, &json!("all")));
}

#[test]
fn legacy_session_record_contains_the_remote_address() {
    let server = HttpServer::start(&["--legacy-sessions", "1"]);
    let id = server.open_session(&[]);
    let session = [("Mcp-Session-Id", id.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
    let call = rpc("tools/call", json!({ "name": "counts", "arguments": {} }));
    // In a session, the answer is the last message of an event stream.
    let answer = server.post(&session, &call).events().pop().unwrap();
    assert_eq!(server.stderr.record_of(correlation(&answer))["remote"], "127.0.0.1");
}

/// An audit file in a temporary folder, which the `audit` command queries.
struct Records {
    folder: TempDir,
    file: PathBuf,
}

impl Records {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Records { file: folder.path().join("calls.jsonl"), folder }
    }

    fn path(&self) -> &str {
        self.file.to_str().unwrap()
    }

    /// Flags of a server that writes to this audit file, followed by `more`.
    fn flags<'f>(&'f self, more: &[&'f str]) -> Vec<&'f str> {
        [&["--audit-file", self.path()], more].concat()
    }

    /// The other files of the folder, in most tests only rotated files, by name and so by time. Then the current file.
    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = entries.filter(|path| *path != self.file).collect();
        files.sort();
        files.push(self.file.clone());
        files
    }

    /// Lines of all files. A file that is rotated during the call may be left out.
    fn lines(&self) -> Vec<String> {
        let text = |path: &PathBuf| std::fs::read_to_string(path).unwrap_or_default();
        self.files()
            .iter()
            .flat_map(|path| text(path).lines().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    /// Waits until the files have at least `expected` records, and returns the correlation ids of all records.
    fn ids(&self, expected: usize) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let records =
                self.lines().into_iter().filter_map(|line| serde_json::from_str::<Value>(&line).ok());
            let id = |record: Value| record["correlation_id"].as_str().unwrap().to_owned();
            let ids: Vec<String> = records.map(id).collect();
            if ids.len() >= expected {
                return ids;
            }
            assert!(begun.elapsed() < MAX_WAIT, "expected {expected} records, got {}", ids.len());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Runs `audit` on the file, and returns the exit code, stdout and stderr.
    fn query(&self, arguments: &[&str]) -> (i32, String, String) {
        let ran = Command::new(SPECIMEN).args(["audit", "--file", self.path()]).args(arguments).output();
        let Output { status, stdout, stderr } = ran.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    /// Correlation ids of the records that `audit` finds, in its order. Fails if `audit` prints a warning.
    fn found_ids(&self, arguments: &[&str]) -> Vec<String> {
        let (code, out, stderr) = self.query(&[arguments, &["--format", "json"]].concat());
        assert_eq!((code, stderr.as_str()), (0, ""), "{arguments:?}");
        let id = |line: &str| {
            serde_json::from_str::<Value>(line).unwrap()["correlation_id"].as_str().unwrap().to_owned()
        };
        out.lines().map(id).collect()
    }
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

#[test]
fn two_servers_rotating_one_file_lose_and_duplicate_no_record() {
    let records = Records::new();
    let flags = records.flags(&["--audit-max-size", "4KiB"]);
    let servers = [HttpServer::start(&flags), HttpServer::start(&flags)];
    let call_ids = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for caller in 0..8 {
            let (server, call_ids) = (&servers[caller % 2], &call_ids);
            scope.spawn(move || {
                for number in 0..60 {
                    let answer = server.call("echo", json!({ "text": format!("{caller} {number}") }));
                    call_ids.lock().unwrap().push(correlation(&answer).to_owned());
                }
            });
        }
    });
    let call_ids = sorted(call_ids.into_inner().unwrap());
    assert_eq!(call_ids.len(), 480);
    assert_eq!(sorted(records.ids(480)), call_ids);
    let files = records.files();
    // A record has some 400 bytes, so that about ten fit into a file.
    assert!(files.len() > 30, "{} files", files.len());
    for file in &files {
        // Both servers may append to the same free space, so a file may exceed its maximum size.
        assert!(std::fs::metadata(file).unwrap().len() <= 2 * 4_096, "{file:?} far exceeds its maximum size");
    }
    assert_eq!(sorted(records.found_ids(&[])), call_ids);
}

#[test]
fn audit_file_stays_within_its_maximum_size() {
    let records = Records::new();
    let mut server = StdioServer::initialized(&records.flags(&["--audit-max-size", "4KiB"]));
    // The server writes records in batches, and here a batch would be larger than one file.
    for number in 0..400 {
        server.send(&tools_call(number, "echo", json!({ "text": "x" })).to_string());
    }
    for _ in 0..400 {
        server.receive();
    }
    assert_eq!(records.ids(400).len(), 400);
    for file in records.files() {
        assert!(std::fs::metadata(&file).unwrap().len() <= 4_096, "{file:?}");
    }
}

#[test]
fn one_call_among_thousands_is_found() {
    let records = Records::new();
    let mut server = StdioServer::initialized(&records.flags(&["--audit-max-size", "64KiB"]));
    let mut call = |id: u32, tool: &str| server.send(&tools_call(id, tool, json!({})).to_string());
    for number in 0..3_000 {
        call(number, "counts");
    }
    // No tool has this name, so the call is refused.
    call(3_000, "numbers_of_another_kind");
    for number in 3_001..4_000 {
        call(number, "counts");
    }
    let answers: Vec<Value> = (0..4_000).map(|_| server.receive()).collect();
    let unknown = answers.iter().find(|answer| answer["id"] == 3_000).unwrap();
    records.ids(4_000);
    assert!(records.files().len() > 10, "{:?}", records.files());
    assert_eq!(records.found_ids(&["--tool", "numbers_of_another_kind"]), [correlation(unknown)]);
    // Calls of `counts` may have been refused, too, because of the concurrency limit.
    assert!(
        records
            .found_ids(&["--outcome", "refused", "--since", "1h"])
            .contains(&correlation(unknown).to_owned())
    );
    // The client calls itself `harness`, version 1.
    assert_eq!(records.found_ids(&["--agent", "harness"]).len(), 4_000);
    assert_eq!(
        records.found_ids(&["--since", "1d"]),
        records.ids(4_000),
        "records must be found in the order in which they were written"
    );
    assert!(records.found_ids(&["--user", "ann"]).is_empty());
    let (_, table, _) = records.query(&["--tool", "numbers_of_another_kind"]);
    let rows: Vec<&str> = table.lines().collect();
    assert!(rows.len() == 2 && rows[0].starts_with("TIME"), "{table}");
    for part in
        ["local", "harness 1", "numbers_of_another_kind", "refused", "unknown_tool", correlation(unknown)]
    {
        assert!(rows[1].contains(part), "{part}: {table}");
    }
    let (_, counts, _) = records.query(&["--by", "tool"]);
    assert_eq!(counts, "    3999  counts\n       1  numbers_of_another_kind\n");
}

#[test]
fn rotated_files_beyond_audit_keep_are_deleted() {
    let records = Records::new();
    let foreign = records.folder.path().join("calls.jsonl.1");
    std::fs::write(&foreign, "").unwrap();
    let server = HttpServer::start(&records.flags(&["--audit-max-size", "1KiB", "--audit-keep", "2"]));
    let mut last = String::new();
    for _ in 0..20 {
        last = correlation(&server.call("echo", json!({ "text": "x" }))).to_owned();
    }
    let begun = Instant::now();
    while !std::fs::read_to_string(&records.file).unwrap_or_default().contains(&last) {
        assert!(begun.elapsed() < MAX_WAIT, "the last record is missing");
    }
    assert_eq!(
        records.files().len(),
        4,
        "expected two rotated files, the current file, and the file of another program, got {:?}",
        records.files()
    );
    assert!(foreign.exists(), "a file that another program rotated was deleted");
    let kept = records.lines();
    assert!(
        kept.last().unwrap().contains(&last) && kept.len() < 20,
        "expected fewer than 20 records, the newest last, got {kept:?}"
    );
}

#[test]
fn records_survive_sigkill() {
    let records = Records::new();
    let flags = records.flags(&["--audit-max-size", "4KiB"]);
    for round in 1..=3 {
        let server = HttpServer::start(&flags);
        let before = records.lines().len();
        let call = rpc("tools/call", json!({ "name": "counts", "arguments": {} })).to_string();
        let call = server.request_bytes("POST", "/mcp", &[], call.as_bytes());
        let calls = || {
            // The loop ends when the server is killed.
            while let Ok(mut stream) = TcpStream::connect(server.address) {
                if stream.write_all(&call).is_err() || Reply::read(stream).status != 200 {
                    return;
                }
            }
        };
        // Lines that were in the files before the kill.
        let seen = std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(calls);
            }
            let begun = Instant::now();
            while records.lines().len() < before + 40 {
                assert!(begun.elapsed() < MAX_WAIT, "round {round}: expected 40 new records");
            }
            let seen = records.lines();
            let killed = Command::new("kill").args(["-KILL", &server.process().to_string()]).status();
            assert!(killed.unwrap().success());
            seen
        });
        let after = records.lines();
        for line in seen.iter().filter(|line| serde_json::from_str::<Value>(line).is_ok()) {
            assert_eq!(after.iter().filter(|other| *other == line).count(), 1, "round {round}: {line}");
        }
        let broken = after.iter().filter(|line| serde_json::from_str::<Value>(line).is_err()).count();
        assert!(
            broken <= round,
            "after {round} kills, {broken} lines are truncated; a kill may truncate only one"
        );
    }
}

#[test]
fn line_cut_off_by_a_crash_loses_no_other_record() {
    let records = Records::new();
    std::fs::write(&records.file, "{\"time\":\"2026-11-14T09:30:00Z\",\"tool\":\"ec").unwrap();
    let mut server = StdioServer::initialized(&records.flags(&[]));
    let id = correlation(&server.call("echo", json!({ "text": "x" }))).to_owned();
    assert!(server.close().success());
    let (code, out, stderr) = records.query(&["--format", "json"]);
    assert!(code == 0 && out.contains(&id) && out.lines().count() == 1, "{out}");
    assert!(stderr.contains("warning") && stderr.contains("lines that are not records: 1"), "{stderr}");
}

#[test]
fn file_that_cannot_be_rotated_keeps_growing() {
    let mut records = Records::new();
    // The rotation fails, because the name of the rotated file would have more than the 255 bytes of a file system.
    records.file = records.folder.path().join("x".repeat(240));
    let server = HttpServer::start(&records.flags(&["--audit-max-size", "1KiB"]));
    let call_ids: Vec<String> =
        (0..20).map(|_| correlation(&server.call("counts", json!({}))).to_owned()).collect();
    server.stderr.line_with(&["ERROR", "can't be rotated and keeps growing"]);
    assert_eq!(records.ids(20), call_ids);
    assert_eq!(
        server.stderr.text().matches("can't be rotated").count(),
        1,
        "the failed rotation must be logged once"
    );
}

/// A line of an audit file: a record by `ann`, with the members of `more` added or replaced.
fn record_line(time: &str, id: &str, more: Value) -> String {
    let mut record =
        json!({ "time": time, "correlation_id": id, "user": "ann", "tool": "echo", "outcome": "ok" });
    for (key, value) in more.as_object().unwrap() {
        record[key] = value.clone();
    }
    format!("{record}\n")
}

#[test]
fn query_reads_every_rotated_file_in_its_time_range_and_applies_filters() {
    let records = Records::new();
    let write = |end: &str, text: &str| std::fs::write(format!("{}{end}", records.path()), text).unwrap();
    write(".20260101T000000.000000Z", &record_line("2025-12-31T10:00:00Z", "a", json!({ "agent": "bot" })));
    write(
        ".20260201T000000.000000Z",
        &record_line("2026-01-31T10:00:00Z", "b", json!({ "tool": "echo_v1" })),
    );
    write("", &record_line("2026-11-14T10:00:00Z", "c", json!({ "tenant": "acme", "tool": "echo_video" })));
    // Files with other endings aren't rotated files. The second one's time lacks the microseconds.
    write(".bak", &record_line("2026-11-14T10:00:00Z", "never", json!({})));
    write(".20261114T093000Z", &record_line("2026-11-14T10:00:00Z", "never", json!({})));
    assert_eq!(records.found_ids(&[]), ["a", "b", "c"]);
    assert_eq!(
        records.found_ids(&["--tool", "echo"]),
        ["a", "b"],
        "calls of an older version must be found under the name of the tool"
    );
    assert_eq!(
        records.found_ids(&["--since", "2026-01-31", "--until", "2026-01-31"]),
        ["b"],
        "the day of `--until` must be included"
    );
    // The time of `--since` is included, and the time of `--until` is not.
    assert_eq!(records.found_ids(&["--since", "2026-11-14T10:00:00Z"]), ["c"]);
    assert_eq!(records.found_ids(&["--until", "2026-11-14T10:00:00Z"]), ["a", "b"]);
    assert_eq!(records.found_ids(&["--agent", "bot"]), ["a"]);
    assert_eq!(records.found_ids(&["--tenant", "acme"]), ["c"]);

    // An unreadable file, here a folder, matters only if it may contain records of the queried time.
    std::fs::create_dir(format!("{}.20260301T000000.000000Z", records.path())).unwrap();
    assert_eq!(records.found_ids(&["--since", "2026-04-01"]), ["c"]);
    assert_eq!(records.found_ids(&["--until", "2026-01-01"]), ["a"]);
    let (code, out, stderr) = records.query(&["--format", "json"]);
    assert!(code == 1 && out.lines().count() == 3, "{code}: {out}");
    assert!(stderr.contains("error") && stderr.contains(".20260301T000000.000000Z"), "{stderr}");
}

#[test]
fn files_rotated_by_another_program_are_read() {
    let records = Records::new();
    let write = |end: &str, text: &str| std::fs::write(format!("{}{end}", records.path()), text).unwrap();
    write(".1", &record_line("2026-11-13T10:00:00Z", "a", json!({})));
    write("", &record_line("2026-11-14T10:00:00Z", "b", json!({})));
    assert_eq!(records.found_ids(&[]), ["a", "b"]);
    write(".2.gz", "not text");
    let (code, _, stderr) = records.query(&[]);
    assert!(code == 1 && stderr.contains(".2.gz: it is compressed: decompress it first"), "{stderr}");
    assert_eq!(
        records.query(&["--since", "9999-01-01"]).0,
        0,
        "a compressed file that is older than the queried range must not fail the query"
    );
}

#[test]
fn table_escapes_control_characters_and_counts_invalid_lines() {
    let records = Records::new();
    let hostile = json!({ "agent": "\u{1b}[2J\u{202e}bot\nann" });
    // Longer than any record.
    let long = format!("{{\"time\":\"{}\"}}\n", "x".repeat(3 << 20));
    let lines = [record_line("2026-11-14T10:00:00Z", "a", hostile), "nonsense\n\n".into(), long].concat();
    let last = record_line("2026-11-14T10:00:01Z", "b", json!({}));
    // The record `c` has an invalid time.
    std::fs::write(&records.file, format!("{lines}{}{last}", record_line("noon", "c", json!({})))).unwrap();
    let (code, table, stderr) = records.query(&[]);
    assert!(code == 0 && stderr.contains("lines that are not records: 3"), "{stderr}");
    assert!(table.contains("\\u{1b}[2J\\u{202e}bot\\nann"), "{table}");
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(table.lines().next_back().unwrap().ends_with("  b"), "the newest record must be last: {table}");
}

#[test]
fn audit_command_names_the_missing_setting_or_the_wrong_value() {
    let audit = |arguments: &[&str]| {
        let output = Command::new(SPECIMEN).arg("audit").args(arguments).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, stderr) = audit(&[]);
    assert!(
        code == 1 && stderr.contains("--file FILE") && stderr.contains("MCP_TOOL_AUDIT_FILE"),
        "{stderr}"
    );
    let (code, stderr) = audit(&["--file", "nowhere/calls.jsonl"]);
    assert!(code == 1 && stderr.contains("nowhere/calls.jsonl"), "{stderr}");
    let (code, stderr) = audit(&["--file", "x", "--since", "yesterday"]);
    assert!(code == 1 && stderr.contains("--since: \"yesterday\": must be a time such as 7d"), "{stderr}");
    assert_eq!(audit(&["--file", "x", "--outcome", "fine"]).0, 2);
}
