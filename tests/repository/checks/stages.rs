//! The library crates have one function `admit` and one function `execute`, and both are short. They call the stages
//! of a tool call: `admit` the checks before the call runs, and `execute` the rest.

use repository::{libraries, metadata, root, text};

use crate::files::files;

/// Names of the functions, each defined once in all library crates.
const FUNCTIONS: [&str; 2] = ["admit", "execute"];
/// Maximum number of lines of such a function, so that all stages are visible at once.
const LIMIT: usize = 50;

/// Returns the line number and the number of lines of each function with this name. rustfmt indents the closing brace of
/// a function like its first line, so the first such brace ends the function.
fn functions(source: &str, name: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = source.lines().collect();
    let starts = lines.iter().enumerate().filter(|(_, line)| {
        let after = line.split_once(&format!("fn {name}")).map(|(_, after)| after);
        !line.trim_start().starts_with("//") && after.is_some_and(|after| after.starts_with(['(', '<']))
    });
    let length = |start: usize| {
        let indentation = lines[start].len() - lines[start].trim_start().len();
        let end = format!("{}}}", " ".repeat(indentation));
        lines[start..].iter().position(|line| *line == end).map_or(1, |length| length + 1)
    };
    starts.map(|(start, _)| (start + 1, length(start))).collect()
}

#[test]
fn functions_are_found_by_name_with_their_length() {
    let source = "impl A {\n    fn admit<T>(t: T) {\n        if t {\n        }\n    }\n}\nfn admitted() {}\n// fn admit(\n";
    assert_eq!(functions(source, "admit"), [(2, 4)]);
}

#[test]
fn admit_and_execute_are_defined_once_and_short() {
    let metadata = metadata();
    let folders: Vec<String> =
        libraries(&metadata).into_iter().map(|package| format!("{}/src/", text(package, "name"))).collect();
    assert!(folders.iter().all(|folder| root().join(folder).is_dir()), "{folders:?}");
    let mut sources = files(&["rs"]);
    sources.retain(|(path, _)| folders.iter().any(|folder| path.starts_with(folder)));
    let mut violations = Vec::new();
    for name in FUNCTIONS {
        let found: Vec<(&str, usize, usize)> = sources
            .iter()
            .flat_map(|(path, source)| {
                functions(source, name).into_iter().map(|(line, length)| (path.as_str(), line, length))
            })
            .collect();
        if found.len() != 1 {
            violations.push(format!("{} functions are named `{name}`, not one: {found:?}", found.len()));
        }
        for (path, line, length) in found.into_iter().filter(|(.., length)| *length > LIMIT) {
            violations.push(format!("{path}:{line}: `{name}` has {length} lines, limit {LIMIT}"));
        }
    }
    crate::report("stages", &violations);
}
