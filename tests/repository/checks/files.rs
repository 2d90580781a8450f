//! The project's files, for checks of their text.

use std::{fs, path::Path};

/// Names of folders without files of the project, at any depth.
const SKIPPED: [&str; 5] = [".git", ".venv", "node_modules", "target", "wip"];

/// Returns the path from the root and the text of each file with one of these extensions. The extension "" selects files
/// without an extension. Files that aren't UTF-8 are skipped.
pub fn files(extensions: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(&repository::root(), "", extensions, &mut found);
    assert!(!found.is_empty(), "no file ends with {extensions:?}");
    found
}

fn walk(folder: &Path, prefix: &str, extensions: &[&str], found: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_str().unwrap();
        let path_from_root = format!("{prefix}{name}");
        if path.is_dir() {
            if !SKIPPED.contains(&name) {
                walk(&path, &format!("{path_from_root}/"), extensions, found);
            }
        } else if extensions.contains(&path.extension().map_or("", |extension| extension.to_str().unwrap()))
            && let Ok(text) = fs::read_to_string(&path)
        {
            found.push((path_from_root, text));
        }
    }
}
