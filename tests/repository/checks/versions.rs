//! The library crates declare one Rust version: the highest that a dependency of any of them declares.

use std::collections::{HashMap, HashSet};

use repository::{libraries, metadata, text};
use serde_json::Value;

/// Major, minor and patch of a version. A missing patch is 0.
fn parts(version: &str) -> [u32; 3] {
    let mut parts = version.split('.').map(|part| part.parse().unwrap());
    [0; 3].map(|default| parts.next().unwrap_or(default))
}

/// Returns the highest Rust version that a direct or indirect dependency of the package declares, and the name of this
/// dependency. Crates of the workspace and dev-dependencies don't count.
fn highest(metadata: &Value, start: &Value) -> ([u32; 3], String) {
    let by_id = |list: &'static str, parent: &Value| -> HashMap<String, Value> {
        parent[list]
            .as_array()
            .unwrap()
            .iter()
            .map(|each| (text(each, "id").to_owned(), each.clone()))
            .collect()
    };
    let packages = by_id("packages", metadata);
    let nodes = by_id("nodes", &metadata["resolve"]);
    let (mut seen, mut queue) = (HashSet::new(), vec![text(start, "id").to_owned()]);
    let mut highest = ([0; 3], String::new());
    while let Some(id) = queue.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let package = &packages[&id];
        if let (Some(version), false) = (package["rust_version"].as_str(), package["source"].is_null()) {
            highest = highest.max((parts(version), text(package, "name").to_owned()));
        }
        for dependency in nodes[&id]["deps"].as_array().unwrap() {
            if dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"] != "dev") {
                queue.push(text(dependency, "pkg").to_owned());
            }
        }
    }
    highest
}

#[test]
fn libraries_declare_the_highest_rust_version_of_their_dependencies() {
    let metadata = metadata();
    let (needed, dependency) =
        libraries(&metadata).into_iter().map(|package| highest(&metadata, package)).max().unwrap();
    let [major, minor, patch] = needed;
    let mut violations = Vec::new();
    for package in libraries(&metadata) {
        let declared = text(package, "rust_version");
        if parts(declared) != needed {
            let name = text(package, "name");
            violations.push(format!(
                "{name} declares Rust {declared}, but {dependency} needs {major}.{minor}.{patch}"
            ));
        }
    }
    crate::report("versions", &violations);
}
