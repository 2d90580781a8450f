//! The record: whose call it was and from where, in files that are rotated, and the question who called what.

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

use crate::harness::{HttpServer, PATIENCE, Reply, SPECIMEN, StdioServer, correlation};

fn rpc(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

#[test]
fn a_record_says_from_where_and_with_which_scopes() {
    let server = HttpServer::start(&["--local-scopes", "specimen:read,specimen:more"]);
    let record = |answer: &Value| server.stderr.record_of(correlation(answer));
    let ran = record(&server.call("counts", json!({})));
    assert_eq!((&ran["remote"], &ran["outcome"]), (&json!("127.0.0.1"), &json!("ok")));
    assert_eq!(ran["scopes"], json!(["specimen:more", "specimen:read"]));
    let refused = record(&server.call("whoami", json!({})));
    assert_eq!((&refused["remote"], &refused["reason"]), (&json!("127.0.0.1"), &json!("insufficient_scope")));
    assert_eq!(refused["detail"], "specimen:admin");
    let forged = [("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=192.0.2.1")];
    let call = rpc("tools/call", json!({ "name": "counts", "arguments": {} }));
    assert_eq!(record(&server.post(&forged, &call).json())["remote"], "127.0.0.1");
    let turned_away = rpc("tools/call", json!({ "name": "counts", "arguments": [] }));
    let turned_away = record(&server.post(&[], &turned_away).json());
    assert_eq!(
        (&turned_away["remote"], &turned_away["reason"]),
        (&json!("127.0.0.1"), &json!("invalid_request"))
    );

    let mut server = StdioServer::initialized(&[]);
    let answer = server.call("counts", json!({}));
    let record = server.stderr.record_of(correlation(&answer));
    assert_eq!((record.get("remote"), &record["scopes"]), (None, &json!("all")));
}

#[test]
fn a_record_of_a_legacy_session_says_from_where() {
    let server = HttpServer::start(&["--legacy-sessions", "1"]);
    let client = json!({ "name": "harness", "version": "1" });
    let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let opened = server.post(&[], &rpc("initialize", hello));
    let session = [
        ("Mcp-Session-Id", opened.header("mcp-session-id").unwrap()),
        ("MCP-Protocol-Version", "2025-11-25"),
    ];
    server.post(&session, &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    let call = rpc("tools/call", json!({ "name": "counts", "arguments": {} }));
    let answer = server.post(&session, &call).events().pop().unwrap();
    assert_eq!(server.stderr.record_of(correlation(&answer))["remote"], "127.0.0.1");
}

/// A folder with a file of records, and the question about them.
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

    fn flags<'f>(&'f self, more: &[&'f str]) -> Vec<&'f str> {
        [&["--audit-file", self.path()], more].concat()
    }

    /// The files, the rotated ones first, oldest first.
    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = entries.filter(|path| *path != self.file).collect();
        files.sort();
        files.push(self.file.clone());
        files
    }

    fn lines(&self) -> Vec<String> {
        let text = |path: &PathBuf| std::fs::read_to_string(path).unwrap_or_default();
        self.files()
            .iter()
            .flat_map(|path| text(path).lines().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    /// Waits until there are so many records, and gives their correlation ids.
    fn ids(&self, wanted: usize) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let records =
                self.lines().into_iter().filter_map(|line| serde_json::from_str::<Value>(&line).ok());
            let id = |record: Value| record["correlation_id"].as_str().unwrap().to_owned();
            let ids: Vec<String> = records.map(id).collect();
            if ids.len() >= wanted {
                return ids;
            }
            assert!(begun.elapsed() < PATIENCE, "{} records, {wanted} wanted", ids.len());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks, with the exit code, what was said, and what was said beside it.
    fn ask(&self, arguments: &[&str]) -> (i32, String, String) {
        let asked = Command::new(SPECIMEN).args(["audit", "--file", self.path()]).args(arguments).output();
        let Output { status, stdout, stderr } = asked.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    /// The correlation ids that a question finds.
    fn found(&self, arguments: &[&str]) -> Vec<String> {
        let (code, out, said) = self.ask(&[arguments, &["--json"]].concat());
        assert_eq!((code, said.as_str()), (0, ""), "{arguments:?}");
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
fn no_record_is_lost_or_doubled_where_two_servers_rotate_one_file() {
    let records = Records::new();
    let flags = records.flags(&["--audit-max-size", "4KiB"]);
    let servers = [HttpServer::start(&flags), HttpServer::start(&flags)];
    let made = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for caller in 0..8 {
            let (server, made) = (&servers[caller % 2], &made);
            scope.spawn(move || {
                for number in 0..60 {
                    let answer = server.call("echo", json!({ "text": format!("{caller} {number}") }));
                    made.lock().unwrap().push(correlation(&answer).to_owned());
                }
            });
        }
    });
    let made = sorted(made.into_inner().unwrap());
    assert_eq!(made.len(), 480);
    assert_eq!(sorted(records.ids(480)), made);
    let files = records.files();
    assert!(files.len() > 30, "{} files", files.len());
    for file in &files {
        assert!(
            std::fs::metadata(file).unwrap().len() <= 2 * 4_096,
            "{file:?} is much larger than it may be"
        );
    }
    assert_eq!(sorted(records.found(&[])), made);
}

#[test]
fn a_file_is_no_larger_than_it_may_be() {
    let records = Records::new();
    let mut server = StdioServer::initialized(&records.flags(&["--audit-max-size", "4KiB"]));
    // In batches that are larger than a file.
    for number in 0..400 {
        let params = json!({ "name": "echo", "arguments": { "text": "x" } });
        let call = json!({ "jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params });
        server.send(&call.to_string());
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
fn the_one_call_among_thousands_is_found() {
    let records = Records::new();
    let mut server = StdioServer::initialized(&records.flags(&["--audit-max-size", "64KiB"]));
    let mut call = |id: u32, tool: &str| {
        let params = json!({ "name": tool, "arguments": {} });
        server.send(
            &json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string(),
        );
    };
    for number in 0..3_000 {
        call(number, "counts");
    }
    call(3_000, "numbers_of_another_kind");
    for number in 3_001..4_000 {
        call(number, "counts");
    }
    let answers: Vec<Value> = (0..4_000).map(|_| server.receive()).collect();
    let one = answers.iter().find(|answer| answer["id"] == 3_000).unwrap();
    records.ids(4_000);
    assert!(records.files().len() > 10, "{:?}", records.files());
    assert_eq!(records.found(&["--tool", "numbers_of_another_kind"]), [correlation(one)]);
    // Of so many at once, some may have been refused for want of a place.
    assert!(records.found(&["--outcome", "refused", "--since", "1h"]).contains(&correlation(one).to_owned()));
    assert_eq!(records.found(&["--agent", "harness"]).len(), 4_000);
    assert_eq!(
        records.found(&["--since", "1d"]),
        records.ids(4_000),
        "in the order in which they were written"
    );
    assert!(records.found(&["--user", "ann"]).is_empty());
    let (_, table, _) = records.ask(&["--tool", "numbers_of_another_kind"]);
    let rows: Vec<&str> = table.lines().collect();
    assert!(rows.len() == 2 && rows[0].starts_with("TIME"), "{table}");
    for part in ["local", "harness 1", "numbers_of_another_kind", "refused", "unknown_tool", correlation(one)]
    {
        assert!(rows[1].contains(part), "{part}: {table}");
    }
    let (_, counts, _) = records.ask(&["--by", "tool"]);
    assert_eq!(counts, "    3999  counts\n       1  numbers_of_another_kind\n");
}

#[test]
fn only_so_many_rotated_files_are_kept() {
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
        assert!(begun.elapsed() < PATIENCE, "the last record is missing");
    }
    assert_eq!(records.files().len(), 4, "two, the current one, and somebody else's: {:?}", records.files());
    assert!(foreign.exists(), "what another program rotated is its own");
    let made = records.lines();
    assert!(made.last().unwrap().contains(&last) && made.len() < 20, "the newest are kept");
}

#[test]
fn what_was_recorded_outlives_a_kill() {
    let records = Records::new();
    let flags = records.flags(&["--audit-max-size", "4KiB"]);
    for round in 1..=3 {
        let server = HttpServer::start(&flags);
        let before = records.lines().len();
        let call = rpc("tools/call", json!({ "name": "counts", "arguments": {} })).to_string();
        let call = server.message("POST", "/mcp", &[], call.as_bytes());
        let calls = || {
            // Until it is gone.
            while let Ok(mut stream) = TcpStream::connect(server.address) {
                if stream.write_all(&call).is_err() || Reply::read(stream).status != 200 {
                    return;
                }
            }
        };
        let seen = std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(calls);
            }
            let begun = Instant::now();
            while records.lines().len() < before + 40 {
                assert!(begun.elapsed() < PATIENCE);
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
        assert!(broken <= round, "a kill cuts one line off at most");
    }
}

#[test]
fn a_line_that_a_crash_cut_off_takes_no_record_with_it() {
    let records = Records::new();
    std::fs::write(&records.file, "{\"time\":\"2026-11-14T09:30:00Z\",\"tool\":\"ec").unwrap();
    let mut server = StdioServer::initialized(&records.flags(&[]));
    let id = correlation(&server.call("echo", json!({ "text": "x" }))).to_owned();
    assert!(server.close().success());
    let (code, out, said) = records.ask(&["--json"]);
    assert!(code == 0 && out.contains(&id) && out.lines().count() == 1, "{out}");
    assert!(said.contains("warning") && said.contains("lines that are no records: 1"), "{said}");
}

#[test]
fn a_file_that_can_not_be_rotated_grows_on() {
    let mut records = Records::new();
    // The name of a rotated one would be too long.
    records.file = records.folder.path().join("x".repeat(240));
    let server = HttpServer::start(&records.flags(&["--audit-max-size", "1KiB"]));
    let made: Vec<String> =
        (0..20).map(|_| correlation(&server.call("counts", json!({}))).to_owned()).collect();
    server.stderr.line_with(&["ERROR", "can't be rotated, and grows on"]);
    assert_eq!(records.ids(20), made);
    assert_eq!(server.stderr.text().matches("can't be rotated").count(), 1, "said once");
}

/// A record as another server wrote it.
fn record(time: &str, id: &str, more: Value) -> String {
    let mut record =
        json!({ "time": time, "correlation_id": id, "user": "ann", "tool": "echo", "outcome": "ok" });
    for (key, value) in more.as_object().unwrap() {
        record[key] = value.clone();
    }
    format!("{record}\n")
}

#[test]
fn a_question_reads_all_brothers_that_can_have_the_answer() {
    let records = Records::new();
    let write = |end: &str, text: &str| std::fs::write(format!("{}{end}", records.path()), text).unwrap();
    write(".20260101T000000.000000Z", &record("2025-12-31T10:00:00Z", "a", json!({ "agent": "bot" })));
    write(".20260201T000000.000000Z", &record("2026-01-31T10:00:00Z", "b", json!({ "tool": "echo_v1" })));
    write("", &record("2026-11-14T10:00:00Z", "c", json!({ "tenant": "acme", "tool": "echo_video" })));
    write(".bak", &record("2026-11-14T10:00:00Z", "never", json!({})));
    write(".20261114T093000Z", &record("2026-11-14T10:00:00Z", "never", json!({})));
    assert_eq!(records.found(&[]), ["a", "b", "c"]);
    assert_eq!(records.found(&["--tool", "echo"]), ["a", "b"], "an older version is the same tool");
    assert_eq!(records.found(&["--since", "2026-01-31", "--until", "2026-01-31"]), ["b"], "a day has an end");
    assert_eq!(records.found(&["--since", "2026-11-14T10:00:00Z"]), ["c"]);
    assert_eq!(records.found(&["--until", "2026-11-14T10:00:00Z"]), ["a", "b"]);
    assert_eq!(records.found(&["--agent", "bot"]), ["a"]);
    assert_eq!(records.found(&["--tenant", "acme"]), ["c"]);

    // A file that can't be read is no matter where it can't have the answer.
    std::fs::create_dir(format!("{}.20260301T000000.000000Z", records.path())).unwrap();
    assert_eq!(records.found(&["--since", "2026-04-01"]), ["c"]);
    assert_eq!(records.found(&["--until", "2026-01-01"]), ["a"]);
    let (code, out, said) = records.ask(&["--json"]);
    assert!(code == 1 && out.lines().count() == 3, "{code}: {out}");
    assert!(said.contains("error") && said.contains(".20260301T000000.000000Z"), "{said}");
}

#[test]
fn what_another_program_rotated_is_read_too() {
    let records = Records::new();
    let write = |end: &str, text: &str| std::fs::write(format!("{}{end}", records.path()), text).unwrap();
    write(".1", &record("2026-11-13T10:00:00Z", "a", json!({})));
    write("", &record("2026-11-14T10:00:00Z", "b", json!({})));
    assert_eq!(records.found(&[]), ["a", "b"]);
    write(".2.gz", "not text");
    let (code, _, said) = records.ask(&[]);
    assert!(code == 1 && said.contains(".2.gz: it is packed: unpack it first"), "{said}");
    assert_eq!(records.ask(&["--since", "9999-01-01"]).0, 0, "it is older than that");
}

#[test]
fn a_table_hides_nothing_and_a_broken_line_is_counted() {
    let records = Records::new();
    let hostile = json!({ "agent": "\u{1b}[2J\u{202e}bot\nann" });
    let long = format!("{{\"time\":\"{}\"}}\n", "x".repeat(3 << 20));
    let lines = [record("2026-11-14T10:00:00Z", "a", hostile), "nonsense\n\n".into(), long].concat();
    let last = record("2026-11-14T10:00:01Z", "b", json!({}));
    std::fs::write(&records.file, format!("{lines}{}{last}", record("noon", "c", json!({})))).unwrap();
    let (code, table, said) = records.ask(&[]);
    assert!(code == 0 && said.contains("lines that are no records: 3"), "{said}");
    assert!(table.contains("\\u{1b}[2J\\u{202e}bot\\nann"), "{table}");
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(table.lines().next_back().unwrap().ends_with("  b"), "the newest is last: {table}");
}

#[test]
fn a_question_without_a_file_says_how_to_set_one() {
    let asked = |arguments: &[&str]| {
        let output = Command::new(SPECIMEN).arg("audit").args(arguments).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = asked(&[]);
    assert!(code == 1 && said.contains("--file FILE") && said.contains("MCP_TOOL_AUDIT_FILE"), "{said}");
    let (code, said) = asked(&["--file", "nowhere/calls.jsonl"]);
    assert!(code == 1 && said.contains("nowhere/calls.jsonl"), "{said}");
    let (code, said) = asked(&["--file", "x", "--since", "yesterday"]);
    assert!(code == 1 && said.contains("--since \"yesterday\": a time is wanted, such as 7d"), "{said}");
    assert_eq!(asked(&["--file", "x", "--outcome", "fine"]).0, 2);
}
