//! At most three files of a crate form a ring: a set in which each file imports each other file, directly or through
//! others of the set. The modules of the core crate
//! import each other one way.
//!
//! A file imports another file if a path in it (`crate::…`, `super::…`, `self::…`, or one that begins with an imported
//! module) names an item that the other file defines. A re-export doesn't count as an import. A path through a
//! re-export counts as an import of the file that defines the item. Code under `cfg(test)` is ignored.

mod graph;
mod sources;

use std::path::Path;

use repository::{libraries, metadata, root, text};

/// Maximum number of files in a ring.
const LIMIT: usize = 3;
/// Sources of the core crate.
const CORE: &str = "mcp-tool-core/src";
/// The upper modules of the core crate, each with the other modules that may import it.
const CORE_IMPORTERS: [(&str, &[&str]); 3] = [
    ("pipeline", &["__private", "application", "transport"]),
    ("transport", &["application"]),
    ("application", &[]),
];

#[test]
fn no_ring_of_imports_is_longer_than_three_files() {
    let metadata = metadata();
    let mut violations = Vec::new();
    for package in libraries(&metadata) {
        let targets = package["targets"].as_array().unwrap();
        let library = targets.iter().find(|target| {
            let kinds = target["kind"].as_array().unwrap();
            kinds.iter().any(|kind| kind == "lib" || kind == "proc-macro")
        });
        let source = Path::new(text(library.unwrap(), "src_path"));
        let edges = sources::imports(source);
        for mut ring in graph::rings(&edges) {
            if ring.len() <= LIMIT {
                continue;
            }
            ring.sort();
            let names = ring.iter().map(|file| file.strip_prefix(root()).unwrap().display().to_string());
            violations.push(format!(
                "a ring of {} files:\n  {}",
                ring.len(),
                names.collect::<Vec<_>>().join("\n  ")
            ));
            for (from, to) in &edges {
                if ring.contains(from) && ring.contains(to) {
                    let display = |file: &Path| {
                        file.strip_prefix(source.parent().unwrap()).unwrap().display().to_string()
                    };
                    violations.push(format!("    {} -> {}", display(from), display(to)));
                }
            }
        }
    }
    crate::report("imports", &violations);
}

/// Name of the module in the root of the core crate that a source belongs to.
fn core_module(source: &Path) -> &str {
    let first = source.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs")
}

#[test]
fn upper_modules_of_core_are_imported_only_from_above() {
    let folder = root().join(CORE);
    let edges = sources::imports(&folder.join("lib.rs"));
    let mut violations = Vec::new();
    for (upper, importers) in CORE_IMPORTERS {
        let mut count = 0;
        for (from, to) in &edges {
            let [from, to] = [from, to].map(|file| file.strip_prefix(&folder).unwrap());
            let (module, imported) = (core_module(from), core_module(to));
            if imported == upper {
                count += 1;
                if module != upper && !importers.contains(&module) {
                    violations.push(format!("{} must not import {}", from.display(), to.display()));
                }
            }
        }
        assert!(count > 0, "the core crate has no module `{upper}`");
    }
    crate::report("modules of core", &violations);
}
