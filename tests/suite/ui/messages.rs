//! Messages of rustc without the parts that differ between machines or change with the code of the libraries: absolute
//! paths, and line numbers outside of the case, which is the compiled test file. The format is that of trybuild.

use std::{fmt::Write as _, path::Path};

use serde_json::Value;

/// Path of the folder `tests` in the locations that rustc prints, which are relative to the workspace.
const TESTS: &str = "tests/";
/// Path of the folder `tests` in the locations that the macros print, which are absolute.
const TESTS_FROM_ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/");

/// Crate name under which each case is compiled.
pub const CRATE: &str = "ui_case";

/// Returns the normalized messages in the JSON lines that rustc wrote to stderr, without repetitions.
pub fn normalized(lines: &str, case: &Path) -> String {
    let mut texts: Vec<String> = Vec::new();
    for line in lines.lines() {
        let message: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("rustc failed: {lines}"));
        let text = message["message"].as_str().unwrap();
        let is_summary = text.starts_with("aborting due to ") || text.ends_with(" emitted");
        if message["level"] == "failure-note" || is_summary {
            continue;
        }
        let text = normalized_message(message["rendered"].as_str().unwrap(), case);
        // rustc prints some messages more than once.
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.join("\n")
}

/// Returns one message, as rustc renders it, without the parts that differ between machines.
fn normalized_message(rendered: &str, case: &Path) -> String {
    let mut lines: Vec<String> = Vec::new();
    // Code of the case keeps its line numbers.
    let mut is_of_case = true;
    for line in rendered.lines() {
        let mut line = line.replace(CRATE, "$CRATE");
        if let Some(location) = location_of(&line) {
            let start = line.len() - location.len();
            let (place, is_in_case) = normalized_location(location, case);
            line.replace_range(start.., &place);
            is_of_case = is_in_case;
        } else if !is_of_case {
            is_of_case =
                !line.trim_start().starts_with(|first: char| first.is_ascii_digit() || "|.".contains(first));
            if !is_of_case {
                let end = line.len()
                    - line.trim_start_matches(|digit: char| digit == ' ' || digit.is_ascii_digit()).len();
                line.replace_range(..end, &" ".repeat(end));
            }
        }
        if line.is_empty() && lines.last().is_none_or(String::is_empty) {
            continue;
        }
        let line = without_number(&line).unwrap_or(line).replace(TESTS_FROM_ROOT, "$DIR/");
        // rustc names a closure or an async block by `@` and its location.
        lines.push(line.replace("@tests/", "@$DIR/"));
    }
    move_left(&mut lines);
    let mut text = String::new();
    for line in &lines {
        writeln!(text, "{line}").unwrap();
    }
    format!("{}\n", text.trim_end())
}

/// Returns the location in a line that begins with `-->` or `:::`; `None` for any other line.
fn location_of(line: &str) -> Option<&str> {
    let start = line.trim_start();
    start.strip_prefix("--> ").or_else(|| start.strip_prefix("::: "))
}

/// Returns a location without the part of the path that differs between machines, and `true` if the location is in the
/// case. Only such a location keeps its line and column.
fn normalized_location(location: &str, case: &Path) -> (String, bool) {
    let case = case.strip_prefix(TESTS_FROM_ROOT).unwrap().to_str().unwrap();
    if let Some(rest) = location.strip_prefix(TESTS).and_then(|path| path.strip_prefix(case)) {
        return (format!("{case}{rest}"), true);
    }
    let location = location.trim_end_matches(|end: char| end == ':' || end.is_ascii_digit());
    let place = if let Some(path) = location.strip_prefix(TESTS).or(location.strip_prefix(TESTS_FROM_ROOT)) {
        path.to_owned()
    } else if !location.starts_with('/') {
        // Cargo passes rustc relative paths for the crates of the workspace.
        format!("$WORKSPACE/{location}")
    } else if let Some((_, path)) = location.split_once("/rustlib/src/rust/library/") {
        format!("$RUST/{path}")
    } else if let Some((_, path)) =
        location.strip_prefix("/rustc/").and_then(|path| path.split_once("/library/"))
    {
        format!("$RUST/{path}")
    } else if let Some((_, path)) = location.split_once("/registry/src/") {
        let mut parts = path.splitn(3, '/');
        let (package, file) = (parts.nth(1).unwrap(), parts.next().unwrap());
        let name = package.split('.').next().and_then(|start| start.rsplit_once('-')).unwrap().0;
        format!("$CARGO/{name}-$VERSION/{file}")
    } else {
        location.to_owned()
    };
    (place, false)
}

/// Returns a line such as `and 12 others` with `$N` as its number, which grows with every library; `None` for any other
/// line.
fn without_number(line: &str) -> Option<String> {
    let (before, rest) = line.split_once("and ")?;
    let number = rest.strip_suffix(" others")?;
    let is_count = before.trim().is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    is_count.then(|| format!("{before}and $N others"))
}

/// Moves a message to the left. rustc leaves room for the longest line number, even if that number was removed here.
fn move_left(lines: &mut [String]) {
    let spare = lines.iter().filter_map(|line| gutter(line)).min().unwrap_or_default();
    let mut is_note = false;
    for line in lines {
        is_note =
            line.starts_with("note:") || line.starts_with("help:") || (is_note && line.starts_with("      "));
        // The indented lines that continue a text.
        let continues = !is_note && line.len() - line.trim_start().len() > 10;
        if gutter(line).is_some() || continues {
            let start = line.find(' ').unwrap_or_default();
            line.replace_range(start..start + spare, "");
        }
    }
}

/// Returns the number of spaces that can be removed from a line's gutter, the column of line numbers; `None` if the
/// line has no gutter.
fn gutter(line: &str) -> Option<usize> {
    if let Some(rest) = line.strip_prefix("... ") {
        return Some(rest.len() - rest.trim_start().len());
    }
    let rest = line.trim_start_matches(|digit: char| digit == ' ' || digit.is_ascii_digit());
    let before = &line[..line.len() - rest.len()];
    let has_number = before.trim() != "";
    let is_arrow = !has_number && ["--> ", "::: ", "= "].iter().any(|mark| rest.starts_with(mark));
    let is_change = has_number
        && ["+", "-", "~"].iter().any(|mark| rest == *mark || rest.starts_with(&format!("{mark} ")));
    let is_code = rest == "|" || rest.starts_with("| ");
    let spaces = before.matches(' ').count();
    (spaces > 0 && (is_arrow || is_change || is_code)).then(|| spaces - 1)
}
