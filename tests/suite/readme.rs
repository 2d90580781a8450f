//! The README: its commands are run, and what it shows is what happens.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::harness::{HttpServer, correlation, text};

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// All text of the files of one kind under a folder.
fn sources(folder: &Path, extension: &str) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.push_str(&sources(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            all.push_str(&fs::read_to_string(&path).unwrap());
            all.push('\n');
        }
    }
    all
}

/// The README's blocks of code, each with its language.
fn blocks() -> Vec<(String, String)> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut blocks = Vec::new();
    let mut rest = readme.as_str();
    while let Some((_, begun)) = rest.split_once("\n```") {
        let (language, begun) = begun.split_once('\n').unwrap();
        let (block, after) = begun.split_once("\n```\n").unwrap();
        blocks.push((language.to_owned(), block.to_owned()));
        rest = after;
    }
    blocks
}

/// What `cargo run` with the arguments after `cargo` printed.
fn cargo(arguments: &str) -> String {
    let mut command = Command::new(env!("CARGO"));
    let output = command.args(arguments.split(' ')).current_dir(root()).output().unwrap();
    // Where something is to be mended, `doctor` says so by its code too.
    let wanted = i32::from(arguments.ends_with(" doctor"));
    assert_eq!(output.status.code(), Some(wanted), "{arguments}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Settings that `serve` takes, each of them from this file.
fn settings(block: &str, folder: &Path) {
    let file = folder.join("mcp-tool.toml");
    fs::write(&file, block).unwrap();
    let file = file.to_str().unwrap();
    let printed = cargo(&format!("run -q -p invoices -- serve --print-config --config {file}"));
    let given = block.lines().filter(|line| line.contains(" = ")).count();
    assert_eq!(
        printed.lines().filter(|line| line.ends_with(&format!("  # {file}"))).count(),
        given,
        "{printed}"
    );
}

/// The README's `curl` line, sent to that server: by curl itself where more than cargo may be needed.
fn curl(line: &str, server: &HttpServer) -> Value {
    if cfg!(feature = "clients") {
        let line = line.replace("127.0.0.1:8080", &server.address.to_string());
        let output = Command::new("sh").args(["-c", &line]).output().unwrap();
        return serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    }
    let parts: Vec<&str> = line.split('\'').collect();
    let [command, "Content-Type: application/json", " -d ", body, ""] = parts[..] else {
        panic!("{parts:?}");
    };
    assert_eq!(command, "curl -s http://127.0.0.1:8080/mcp -H ");
    server.send("POST", "/mcp", &[("Accept", "*/*"), ("User-Agent", "curl")], body.as_bytes()).json()
}

#[test]
fn what_the_readme_says_is_so() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("invoices.db");
    let examples = sources(&root().join("examples/invoices/src"), "rs");
    let errors = sources(&root().join("tests/ui"), "stderr");
    let mut server = None;
    let (mut printed, mut answer) = (String::new(), Value::Null);
    for (language, block) in blocks() {
        match language.as_str() {
            "rust" => {
                for item in block.split("\n\n") {
                    assert!(examples.contains(item), "the example has it otherwise:\n{item}");
                }
            }
            "sh" if block == "./test" => {
                let mode = fs::metadata(root().join("test")).unwrap().permissions().mode();
                assert_eq!(mode & 0o111, 0o111, "./test is to be executable");
            }
            "sh" if block.starts_with("curl ") => answer = curl(&block, server.as_ref().unwrap()),
            "sh" => {
                let arguments = block.strip_prefix("cargo ").unwrap_or_else(|| panic!("who runs {block}?"));
                match arguments.strip_suffix(" serve --http 127.0.0.1:8080") {
                    Some(run) => {
                        cargo("build -p invoices");
                        let mut command = Command::new(env!("CARGO"));
                        command.args(run.split(' ')).env("INVOICES_DB", &ledger).current_dir(root());
                        server = Some(HttpServer::start_by(&mut command, &[]));
                    }
                    None => printed = cargo(arguments),
                }
            }
            "text" if block.starts_with("error") => {
                for error in block.split("\n\n") {
                    assert!(errors.contains(error), "the compiler has it otherwise:\n{error}");
                }
            }
            "text" if printed.is_empty() => assert_eq!(block, text(&answer)),
            "text" => assert_eq!(block, printed.trim_end()),
            "toml" => settings(&block, folder.path()),
            // A workflow's last step, on the revision that is here.
            "yaml" => {
                let (_, step) = block.rsplit_once("- run: cargo ").unwrap();
                cargo(&step.replace("origin/${{ github.base_ref }}", "HEAD"));
            }
            "json" => {
                let shown: Value = serde_json::from_str(&block).unwrap();
                let record = server.as_ref().unwrap().stderr.record_of(correlation(&answer));
                let settled = |record: Value| {
                    let Value::Object(mut members) = record else { panic!("{record}") };
                    for varies in ["time", "correlation_id", "agent", "duration_us"] {
                        if let Some(value) = members.get_mut(varies) {
                            *value = Value::Null;
                        }
                    }
                    Value::Object(members)
                };
                assert_eq!(settled(shown), settled(record));
            }
            other => panic!("nobody checks a block of {other:?}"),
        }
    }
    assert!(server.is_some() && !printed.is_empty() && answer.is_object());
}

/// What is measured takes too long to be run here; that it could be is checked.
#[test]
fn what_the_readme_measures_by_is_there() {
    let benches = root().join("benches");
    let manifest = |folder: &str| fs::read_to_string(benches.join(folder).join("Cargo.toml")).unwrap();
    let programs = manifest(".") + &manifest("comparison");
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let commands: Vec<&str> = readme.split('`').filter(|code| code.starts_with("cd benches")).collect();
    assert!(commands.len() >= 6, "{commands:?}");
    for command in commands {
        match command.split_once(" --bin ") {
            Some(("cd benches && cargo run --release", program)) => {
                let name = program.split(' ').next().unwrap();
                assert!(
                    programs.contains(&format!("\n[[bin]]\nname = \"{name}\"\n")),
                    "nobody has {command}"
                );
            }
            _ if command.contains("features") => {
                assert_eq!(command, "cd benches/features && python3 probe.py");
                assert!(benches.join("features/probe.py").exists());
            }
            _ => assert_eq!(command, "cd benches/instructions && cargo run --release"),
        }
    }
}

/// The table of features is the probe's: its rows, in their order, and nothing that ours lacks.
#[test]
fn what_the_readme_compares_is_what_the_probe_asks() {
    let rows = fs::read_to_string(root().join("benches/features/rows.py")).unwrap();
    let asked = rows
        .lines()
        .filter_map(|line| line.trim_start_matches('@').strip_prefix("row(\"")?.split_once("\", \""));
    let asked: Vec<&str> = asked.map(|(_, title)| title.split('"').next().unwrap()).collect();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, table) = readme.split_once("\n| | ours |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let cells = table.lines().skip(2).map(|line| line.trim_matches('|').split('|').map(str::trim));
    let cells: Vec<Vec<&str>> = cells.map(Iterator::collect).collect();
    assert_eq!(cells.iter().map(|row| row[0]).collect::<Vec<_>>(), asked);
    for row in cells {
        let ours = match row[0].strip_prefix("the official suite's checks that pass, ") {
            Some(rest) => passed_of_the_suite(rest.split(':').next().unwrap()),
            None => "yes".to_owned(),
        };
        assert_eq!((row.len(), row[1]), (7, &*ours), "{row:?}");
    }
}

/// What the published table of conformance says of a revision: of the required checks, and of the others.
fn passed_of_the_suite(revision: &str) -> String {
    let published = fs::read_to_string(root().join("examples/conformance-server/CONFORMANCE.md")).unwrap();
    let (_, of_revision) = published.split_once(&format!("\n## {revision}")).unwrap();
    let of_revision = of_revision.split("\n## ").next().unwrap();
    let [mut required, mut others] = [[0; 2]; 2];
    for row in of_revision.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, _, is_required, passed, failed, ..] = cells[..] else { panic!("{row}") };
        let [passed, failed]: [u32; 2] = [passed, failed].map(|count| count.parse().unwrap());
        let counts = if is_required == "yes" { &mut required } else { &mut others };
        *counts = [counts[0] + passed, counts[1] + passed + failed];
    }
    format!("{} of {}; {} of {}", required[0], required[1], others[0], others[1])
}
