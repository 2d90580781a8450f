//! The Rust version that the library crates declare.

use std::collections::{HashMap, HashSet};

use repository::{libraries, metadata, text};
use serde_json::Value;

/// The parts of a version, of which Cargo may leave out the last.
fn parts(version: &str) -> [u32; 3] {
    let mut parts = version.split('.').map(|part| part.parse().unwrap());
    [0; 3].map(|none| parts.next().unwrap_or(none))
}

/// The highest Rust version that a package or one of its dependencies declares, but for the workspace's own crates.
fn highest(metadata: &Value, start: &Value) -> ([u32; 3], String) {
    let index = |values: &'static str, at: &Value| -> HashMap<String, Value> {
        at[values]
            .as_array()
            .unwrap()
            .iter()
            .map(|each| (text(each, "id").to_owned(), each.clone()))
            .collect()
    };
    let packages = index("packages", metadata);
    let nodes = index("nodes", &metadata["resolve"]);
    let (mut seen, mut queue) = (HashSet::new(), vec![text(start, "id").to_owned()]);
    let mut found = ([0; 3], String::new());
    while let Some(id) = queue.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let package = &packages[&id];
        if let (Some(version), false) = (package["rust_version"].as_str(), package["source"].is_null()) {
            found = found.max((parts(version), text(package, "name").to_owned()));
        }
        for dependency in nodes[&id]["deps"].as_array().unwrap() {
            if dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"] != "dev") {
                queue.push(text(dependency, "pkg").to_owned());
            }
        }
    }
    found
}

#[test]
fn libraries_declare_the_highest_rust_version_of_their_dependencies() {
    let metadata = metadata();
    let (needed, by) =
        libraries(&metadata).into_iter().map(|package| highest(&metadata, package)).max().unwrap();
    let [major, minor, patch] = needed;
    let mut violations = Vec::new();
    for package in libraries(&metadata) {
        let declared = text(package, "rust_version");
        if parts(declared) != needed {
            let name = text(package, "name");
            violations.push(format!("{name} declares {declared}, and {by} needs {major}.{minor}.{patch}"));
        }
    }
    crate::report("versions", &violations);
}
