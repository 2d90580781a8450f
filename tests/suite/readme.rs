//! The README: its commands print the output that it shows, its snippets occur in the examples, and its tables repeat
//! figures of other pages. Also checks `docs/comparison.md`, and the commands of the pages with measurements.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use serde_json::Value;

use crate::harness::{HttpServer, correlation, root, text};

/// Concatenated text of all files with this extension under a folder.
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

/// Text of a file of the repository.
fn text_of(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Code blocks of the README, each with its language.
fn blocks() -> Vec<(String, String)> {
    let readme = text_of("README.md");
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

/// Runs cargo with these arguments and returns its standard output.
fn cargo(arguments: &str) -> String {
    let mut command = Command::new(env!("CARGO"));
    let output = command.args(arguments.split(' ')).current_dir(root()).output().unwrap();
    // `doctor` exits with 1 here, because without settings some of its answers are FAIL.
    let expected = i32::from(arguments.ends_with(" doctor"));
    assert_eq!(output.status.code(), Some(expected), "{arguments}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Checks that `serve` accepts the settings in `block`, and reads each of them from a file with this text.
fn check_settings(block: &str, folder: &Path) {
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

/// Sends the request of the README's `curl` line to a server. Uses curl itself only with the feature `clients`, because
/// otherwise it may not be installed.
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
fn readme_commands_outputs_and_snippets_are_current() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("invoices.db");
    let examples = sources(&root().join("examples/invoices/src"), "rs");
    let errors = sources(&root().join("tests/ui"), "stderr");
    let mut server = None;
    // The last output and the last answer, with which later blocks are compared.
    let (mut printed, mut answer) = (String::new(), Value::Null);
    for (language, block) in blocks() {
        match language.as_str() {
            "rust" => {
                for item in block.split("\n\n") {
                    assert!(examples.contains(item), "the example differs:\n{item}");
                }
            }
            "sh" if block == "./test" => {
                let mode = fs::metadata(root().join("test")).unwrap().permissions().mode();
                assert_eq!(mode & 0o111, 0o111, "./test must be executable");
            }
            "sh" if block.starts_with("curl ") => answer = curl(&block, server.as_ref().unwrap()),
            "sh" => {
                let arguments = block
                    .strip_prefix("cargo ")
                    .unwrap_or_else(|| panic!("this test can't run the command: {block}"));
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
                    assert!(errors.contains(error), "no expected compile error contains:\n{error}");
                }
            }
            // Before the first command that prints, a text block shows the answer to the `curl` line.
            "text" if printed.is_empty() => assert_eq!(block, text(&answer)),
            "text" => assert_eq!(block, printed.trim_end()),
            "toml" => check_settings(&block, folder.path()),
            // Runs the last step of the workflow, with HEAD as the revision to compare with.
            "yaml" => {
                let (_, step) = block.rsplit_once("- run: cargo ").unwrap();
                cargo(&step.replace("origin/${{ github.base_ref }}", "HEAD"));
            }
            "json" => {
                let shown: Value = serde_json::from_str(&block).unwrap();
                let record = server.as_ref().unwrap().stderr.record_of(correlation(&answer));
                let without_varying = |record: Value| {
                    let Value::Object(mut members) = record else { panic!("{record}") };
                    for varies in ["time", "correlation_id", "agent", "duration_us"] {
                        if let Some(value) = members.get_mut(varies) {
                            *value = Value::Null;
                        }
                    }
                    Value::Object(members)
                };
                assert_eq!(without_varying(shown), without_varying(record));
            }
            other => panic!("this test can't check a code block in {other:?}"),
        }
    }
    assert!(server.is_some() && !printed.is_empty() && answer.is_object());
}

/// Measurements take too long to run here; this checks that their programs exist.
#[test]
fn measuring_commands_of_the_documentation_exist() {
    let manifest = |folder: &str| text_of(&format!("benches/{folder}Cargo.toml"));
    let programs = manifest("") + &manifest("comparison/");
    let pages =
        ["README.md", "docs/comparison.md", "benches/README.md", "benches/features/README.md"].map(text_of);
    let code = pages.iter().flat_map(|page| page.split('`')).flat_map(str::lines);
    let commands: Vec<&str> = code.filter(|line| line.starts_with("cd benches")).collect();
    assert!(commands.len() >= 12, "{commands:?}");
    for command in commands {
        if let Some(program) = command.strip_prefix("cd benches/features && python3 ") {
            assert!(program == "probe.py" || program.starts_with("-m venv "), "no such command: {command}");
            assert!(root().join("benches/features/probe.py").exists());
        } else if let Some((folder, program)) = command.split_once(" --bin ") {
            assert!(folder.starts_with("cd benches && cargo run --release"), "no such command: {command}");
            let name = program.split(' ').next().unwrap();
            assert!(
                programs.contains(&format!("\n[[bin]]\nname = \"{name}\"\n")),
                "no program of benches is named {name}: {command}"
            );
        } else {
            assert_eq!(command, "cd benches/instructions && cargo run --release");
        }
    }
}

/// Rows of the comparison table in a page, without the head of the table.
fn feature_rows(page: &str) -> Vec<String> {
    let (_, table) = page.split_once("\n| | ours |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    table.lines().skip(2).map(str::to_owned).collect()
}

/// Cells of a row of a table.
fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

/// The table in `docs/comparison.md` has the rows of the program that measures the features
/// (`benches/features/rows.py`) in the same order. In the column of this framework, every feature is "yes". The rows
/// that aren't features are counts of conformance checks.
#[test]
fn comparison_has_every_measured_row() {
    let rows = text_of("benches/features/rows.py");
    let probed = rows
        .lines()
        .filter_map(|line| line.trim_start_matches('@').strip_prefix("row(\"")?.split_once("\", \""));
    let probed: Vec<&str> = probed.map(|(_, title)| title.split('"').next().unwrap()).collect();
    let table = feature_rows(&text_of("docs/comparison.md"));
    let table: Vec<Vec<&str>> = table.iter().map(|row| cells(row)).collect();
    assert_eq!(table.iter().map(|row| row[0]).collect::<Vec<_>>(), probed);
    for row in &table {
        let ours = match row[0].strip_prefix("passed checks of the official suite, ") {
            Some(rest) => passed_of_the_suite(rest.split(':').next().unwrap()),
            None => "yes".to_owned(),
        };
        assert_eq!((row.len(), row[1]), (7, &*ours), "{row:?}");
    }
}

#[test]
fn readme_comparison_repeats_rows_of_the_whole_table() {
    let (readme, whole) = (text_of("README.md"), text_of("docs/comparison.md"));
    let all = feature_rows(&whole);
    let shown = feature_rows(&readme);
    assert!(!shown.is_empty());
    for row in &shown {
        assert!(all.contains(row), "docs/comparison.md has no such row:\n{row}");
    }
    assert!(readme.contains(&format!("has {} rows", all.len())), "the whole table has {} rows", all.len());
}

/// The README's table of calls over HTTP repeats figures of `benches/README.md`. A cell has the figures of both
/// protocol revisions.
#[test]
fn readme_performance_repeats_committed_figures() {
    let (readme, benches) = (text_of("README.md"), text_of("benches/README.md"));
    let (_, table) = readme.split_once("\n| server | CPU a call |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let mut compared = 0;
    for row in table.lines().skip(2).map(cells) {
        let [server, cpu, share, calls, alone, memory] = row[..] else { panic!("{row:?}") };
        for (at, revision) in ["\n2025-11-25\n", "\n2026-07-28\n"].into_iter().enumerate() {
            let (_, figures) = benches.split_once(revision).unwrap();
            let line = figures.lines().find(|line| line.starts_with(&format!("| {server} |"))).unwrap();
            let measured = cells(line);
            let of = |cell: &str| {
                let unit = if cell.ends_with(" µs") { " µs" } else { "" };
                let figure = cell.trim_end_matches(" µs").split(" / ").nth(at).unwrap();
                format!("{}{unit}", figure.replace(',', ""))
            };
            let alone_measured = measured[7].split(" (").next().unwrap();
            assert_eq!(
                [of(cpu), of(share), of(calls), of(alone), memory.to_owned()],
                [measured[1], measured[2], measured[4], alone_measured, measured[8]],
                "{server}, {}",
                revision.trim()
            );
            compared += 1;
        }
    }
    assert!(compared > 0);
}

/// Returns `PASSED of ALL; PASSED of ALL`, the numbers of checks of a revision in the published conformance table:
/// first for the required scenarios, then for the others.
fn passed_of_the_suite(revision: &str) -> String {
    let published = text_of("examples/conformance-server/CONFORMANCE.md");
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
