//! Limits of the imports between files of a library crate:
//!
//! - A ring has at most three files. A ring is a set in which each file imports each other file, directly or through
//!   other files of the set.
//! - In the core crate, two folders don't import each other, except the pairs in [`MUTUAL`].
//! - In the core crate, only the modules in [`CORE_IMPORTERS`] import `pipeline`, `transport` and `application`.
//!
//! A file imports another file if a path in the first (`crate::…`, `super::…`, `self::…`, or a path that begins with an
//! imported module) names an item that the second defines. A re-export counts as an import only if its own module
//! also uses the name. A path through a re-export counts as an import of the file that defines the item. Code under
//! `cfg(test)` is ignored.

mod graph;
mod sources;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

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

/// Folders in which no two subfolders may import each other.
const PARENTS: [&str; 2] = ["mcp-tool-core/src", "mcp-tool-core/src/transport"];

/// Permitted pairs of folders that import each other, in alphabetical order: parent, both folders, reason.
const MUTUAL: [(&str, &str, &str, &str); 2] = [
    (
        "mcp-tool-core/src",
        "ask",
        "call",
        "the context of a call contains its questions, and its methods that ask are defined next to them",
    ),
    (
        "mcp-tool-core/src",
        "call",
        "ports",
        "authentication returns a caller, and the services of a call contain the connections to upstreams",
    ),
];

/// Two folders, and one import in each direction, as the importing file and the imported file.
type MutualImports = ((String, String), [(PathBuf, PathBuf); 2]);

/// Pairs of folders in `parent` that import each other, each with one import in each direction.
fn mutual_imports(parent: &Path, edges: &BTreeSet<(PathBuf, PathBuf)>) -> Vec<MutualImports> {
    // The subfolder of `parent` that contains a file; `None` for a file outside of the subfolders.
    let folder = |file: &Path| {
        let mut parts = file.strip_prefix(parent).ok()?.iter();
        let first = parts.next()?.to_str().unwrap().to_owned();
        parts.next().map(|_| first)
    };
    let import_between = |from: &str, to: &str| {
        edges.iter().find(|(importing, imported)| {
            folder(importing).as_deref() == Some(from) && folder(imported).as_deref() == Some(to)
        })
    };
    let folders: BTreeSet<String> =
        edges.iter().flat_map(|(from, to)| [from, to]).filter_map(|file| folder(file)).collect();
    let pairs = folders.iter().flat_map(|one| folders.range(one.clone()..).map(move |other| (one, other)));
    pairs
        .filter(|(one, other)| one != other)
        .filter_map(|(one, other)| {
            let imports = [import_between(one, other)?.clone(), import_between(other, one)?.clone()];
            Some(((one.clone(), other.clone()), imports))
        })
        .collect()
}

#[test]
fn folders_of_core_import_each_other_only_if_permitted() {
    let edges = sources::imports(&root().join("mcp-tool-core/src/lib.rs"));
    let mut unused: Vec<(&str, &str, &str)> =
        MUTUAL.iter().map(|(parent, one, other, _)| (*parent, *one, *other)).collect();
    let mut violations = Vec::new();
    for parent in PARENTS {
        for ((one, other), imports) in mutual_imports(&root().join(parent), &edges) {
            if let Some(position) = unused.iter().position(|pair| *pair == (parent, &*one, &*other)) {
                unused.remove(position);
                continue;
            }
            let display = |file: &Path| file.strip_prefix(root()).unwrap().display().to_string();
            let imports = imports.map(|(from, to)| format!("  {} -> {}", display(&from), display(&to)));
            violations
                .push(format!("{one} and {other} in {parent} import each other:\n{}", imports.join("\n")));
        }
    }
    violations.extend(unused.iter().map(|pair| format!("permitted, but not used: {pair:?}")));
    crate::report("folders", &violations);
}

#[test]
fn folders_that_import_each_other_are_found() {
    let path = |path: &str| PathBuf::from(path);
    let edge = |from: &str, to: &str| (path(from), path(to));
    let edges = BTreeSet::from([
        edge("src/a/one.rs", "src/b/deep/two.rs"),
        edge("src/b/mod.rs", "src/a/mod.rs"),
        edge("src/b/mod.rs", "src/c/mod.rs"),
        edge("src/a/one.rs", "src/single.rs"),
        edge("src/single.rs", "src/a/one.rs"),
    ]);
    let found = mutual_imports(Path::new("src"), &edges);
    let pairs: Vec<_> = found.into_iter().map(|(pair, _)| pair).collect();
    assert_eq!(pairs, [("a".to_owned(), "b".to_owned())]);
}

#[test]
fn rings_of_imports_have_at_most_three_files() {
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

/// Returns the top-level module of the core crate that contains a source file.
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
        assert!(count > 0, "no file of the core crate imports the module `{upper}`");
    }
    crate::report("modules of core", &violations);
}
