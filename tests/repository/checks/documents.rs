//! Links and paths in Markdown documents lead to something that exists. The README and the records of decisions are
//! short. The records have one form, and ARCHITECTURE.md lists the modules of the contract crate and the core crate. In
//! Rust files, `#[path]` attributes name files that exist. Servers that authors copy start the async runtime by
//! `run_blocking`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use repository::root;

use crate::files::files;

/// Maximum number of lines of the README.
const README_LIMIT: usize = 250;
/// Maximum number of lines of a record in docs/decisions.
const RECORD_LIMIT: usize = 25;
/// Folder of the records of decisions.
const RECORDS: &str = "docs/decisions/";
/// Headings of a record below its title, in this order.
const RECORD_HEADINGS: [&str; 3] = ["Context", "Decision", "Consequence"];
/// Starts of code spans that are treated as paths. A span is also a path if it contains `/src/`, or if it starts with
/// `mcp-tool-` and contains `/`.
const PATH_STARTS: [&str; 5] = ["tests/", "benches/", "docs/", "examples/", "scripts/"];

/// A Markdown document without its code blocks.
#[derive(Default)]
struct Document {
    /// Anchors of the headings, as GitHub makes them.
    anchors: BTreeSet<String>,
    /// Targets of the links.
    links: Vec<String>,
    /// Texts in backticks.
    code: Vec<String>,
}

impl Document {
    fn parse(text: &str) -> Document {
        let mut document = Document::default();
        let mut seen = BTreeMap::<String, usize>::new();
        let mut prose = String::new();
        let mut is_code = false;
        for line in text.lines() {
            if line.trim_start().starts_with("```") {
                is_code = !is_code;
            } else if !is_code {
                if let Some(heading) = heading(line) {
                    let anchor = anchor(heading);
                    let count = seen.entry(anchor.clone()).or_default();
                    document.anchors.insert(if *count == 0 { anchor } else { format!("{anchor}-{count}") });
                    *count += 1;
                }
                prose.push_str(line);
                prose.push('\n');
            }
        }
        // By paragraph, so that an unpaired backtick affects no code span after the next empty line.
        for paragraph in prose.split("\n\n") {
            let mut without_code = String::new();
            for (number, part) in paragraph.split('`').enumerate() {
                match number % 2 {
                    0 => without_code.push_str(part),
                    _ => document.code.push(part.to_owned()),
                }
            }
            let targets = without_code.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            document.links.extend(targets.map(str::to_owned));
        }
        document
    }

    /// Returns the code spans that are paths. A pattern with `*` is cut to the folder before the `*`.
    fn paths(&self) -> impl Iterator<Item = &str> {
        let is_path = |span: &&str| {
            !span.contains([' ', '\n'])
                && (span.contains("/src/")
                    || (span.starts_with("mcp-tool-") && span.contains('/'))
                    || PATH_STARTS.iter().any(|start| span.starts_with(start)))
        };
        self.code.iter().map(String::as_str).filter(is_path).map(|span| match span.split_once('*') {
            Some((before, _)) => before.rsplit_once('/').map_or("", |(folder, _)| folder),
            None => span,
        })
    }
}

/// Returns the text of a heading without its `#`; `None` if the line is not a heading.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    (text.len() < line.len()).then(|| text.strip_prefix(' ')).flatten()
}

/// Returns the anchor that GitHub gives to a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// Returns the folder of a file. `path` is relative to the root of the repository.
fn folder_of(path: &str) -> PathBuf {
    root().join(path).parent().unwrap().to_owned()
}

/// Returns the path of an existing file relative to the root of the repository, without `..`.
fn from_root(path: &Path) -> String {
    path.canonicalize().unwrap().strip_prefix(root()).unwrap().display().to_string()
}

fn documents() -> BTreeMap<String, Document> {
    files(&["md"]).into_iter().map(|(path, text)| (path, Document::parse(&text))).collect()
}

#[test]
fn links_lead_to_files_and_headings() {
    let documents = documents();
    let mut violations = Vec::new();
    for (path, document) in &documents {
        // A link with `::` is the path of a Rust item. rustdoc checks such links.
        let relative = document.links.iter().filter(|link| !link.contains("://") && !link.contains("::"));
        for link in relative {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { root().join(path) } else { folder_of(path).join(file) };
            if !target.exists() {
                violations.push(format!("{path}: no file {file}"));
            } else if !anchor.is_empty()
                && !documents.get(&from_root(&target)).is_some_and(|page| page.anchors.contains(anchor))
            {
                violations.push(format!("{path}: no heading {link}"));
            }
        }
    }
    crate::report("links", &violations);
}

#[test]
fn paths_in_code_spans_exist() {
    let mut violations = Vec::new();
    let mut total = 0;
    for (path, document) in documents() {
        for span in document.paths() {
            total += 1;
            if !root().join(span).exists() && !folder_of(&path).join(span).exists() {
                violations.push(format!("{path}: no file {span}"));
            }
        }
    }
    assert!(total > 50, "only {total} paths were found");
    crate::report("paths", &violations);
}

#[test]
fn readme_is_short() {
    let lines = std::fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines <= README_LIMIT, "README.md has {lines} lines; the limit is {README_LIMIT}");
}

#[test]
fn records_of_decisions_have_one_form_and_are_listed() {
    let mut violations = Vec::new();
    let mut records = Vec::new();
    let mut list = String::new();
    for (path, text) in files(&["md"]).into_iter().filter(|(path, _)| path.starts_with(RECORDS)) {
        let name = path.trim_start_matches(RECORDS).to_owned();
        if name == "README.md" {
            list = text;
            continue;
        }
        let mut headings = text.lines().filter_map(heading);
        let number = name.split('-').next().unwrap();
        let title = headings.next().and_then(|title| title.strip_prefix(&format!("{number}: ")));
        if title.is_none() {
            violations.push(format!("{path}: the first heading must be `# {number}: …`"));
        }
        if !headings.eq(RECORD_HEADINGS) {
            violations.push(format!("{path}: the headings below the title must be {RECORD_HEADINGS:?}"));
        }
        let lines = text.lines().count();
        if lines > RECORD_LIMIT {
            violations.push(format!("{path}: has {lines} lines; the limit is {RECORD_LIMIT}"));
        }
        records.push(format!("- [{number}]({name}) {}", title.unwrap_or_default()));
    }
    let listed: Vec<&str> = list.lines().filter(|line| line.starts_with("- ")).collect();
    for row in records.iter().map(String::as_str).filter(|row| !listed.contains(row)) {
        violations.push(format!("{RECORDS}README.md: has no row `{row}`"));
    }
    for row in listed.iter().filter(|row| !records.iter().any(|record| record == **row)) {
        violations.push(format!("{RECORDS}README.md: no record matches `{row}`"));
    }
    assert!(!records.is_empty(), "no records in {RECORDS}");
    crate::report("decisions", &violations);
}

#[test]
fn modules_of_contract_and_core_are_in_the_architecture() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut violations = Vec::new();
    for package in ["mcp-tool-contract", "mcp-tool-core"] {
        for (path, _) in files(&["rs"]).into_iter().filter(|(path, _)| !path.ends_with("/lib.rs")) {
            let Some(inner) = path.strip_prefix(&format!("{package}/src/")) else { continue };
            let module = match inner.split_once('/') {
                Some((folder, _)) => format!("{package}/src/{folder}/"),
                None => path.clone(),
            };
            if !text.contains(&format!("`{module}`")) && !violations.contains(&module) {
                violations.push(module);
            }
        }
    }
    crate::report("architecture", &violations);
}

#[test]
fn files_of_path_attributes_exist() {
    let mut violations = Vec::new();
    let mut total = 0;
    for (path, text) in files(&["rs"]) {
        for line in text.lines().map(str::trim_start).filter(|line| line.starts_with("#[")) {
            let attribute = line.strip_prefix("#[path = \"").or_else(|| {
                line.strip_prefix("#[cfg_attr(").and_then(|rest| Some(rest.split_once(", path = \"")?.1))
            });
            if let Some(file) = attribute.and_then(|rest| rest.split('"').next()) {
                total += 1;
                if !folder_of(&path).join(file).is_file() {
                    violations.push(format!("{path}: no file {file}"));
                }
            }
        }
    }
    assert!(total > 0, "no file has a `path` attribute");
    crate::report("path attributes", &violations);
}

/// `#[tokio::main]` panics if the environment variable `TOKIO_WORKER_THREADS` is invalid. Doc tests may have it in a
/// hidden line, which begins with `#` and a space.
#[test]
fn servers_in_documents_and_examples_have_no_tokio_main() {
    let mut violations = Vec::new();
    for (path, text) in files(&["md", "rs"]) {
        if !["examples/", "mcp-tool-"].iter().any(|start| path.starts_with(start)) && path != "README.md" {
            continue;
        }
        for (line, number) in text.lines().zip(1..) {
            let code = line.trim_start().trim_start_matches("/// ").trim_start_matches("//! ");
            if code.starts_with("#[tokio::main") {
                violations
                    .push(format!("{path}:{number}: write `fn main()`, and call `ToolServer::run_blocking`"));
            }
        }
    }
    crate::report("main functions", &violations);
}

#[test]
fn document_is_parsed_without_code_blocks() {
    let text = "# `A b`, c-d\n\nSee [`x`](y.md#z) and\n`tests/ui/*.rs`.\n\n";
    let code = "```sh\n# no\n[a](b) `docs/c`\n```\n\n";
    let document = Document::parse(&format!("{text}{code}## A b c-d\n"));
    assert_eq!(Vec::from_iter(document.anchors.iter()), ["a-b-c-d", "a-b-c-d-1"]);
    assert_eq!(document.links, ["y.md#z"]);
    assert_eq!(Vec::from_iter(document.paths()), ["tests/ui"]);
}
