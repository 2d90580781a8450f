//! The rows of docs/reference/compile-errors.md compared with the expected compile errors in `tests/ui`.

use super::{page, source};

/// Least number of rows.
const ROWS: usize = 20;

/// Returns `true` if a line contains the parts of `message`, which `…` separates, in order. The first part must be at
/// the line's beginning, after the compiler's own prefix.
fn has_message(line: &str, message: &str) -> bool {
    let line = line.split_once(": ").map_or("", |(_, line)| line);
    let line = line.strip_prefix("evaluation panicked: ").unwrap_or(line);
    let mut parts = message.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || message.ends_with('…')
}

#[test]
fn compile_errors_have_the_first_lines_of_the_expected_errors() {
    let page = page("compile-errors.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() >= ROWS, "{} rows", rows.len());
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [message, remedy, test] = cells[..] else { panic!("{row}") };
        assert!(!remedy.is_empty(), "{row}");
        let expected = source(&format!("tests/ui/{}.stderr", test.trim_matches('`')));
        let errors: Vec<&str> = expected.lines().filter(|line| line.starts_with("error")).collect();
        assert!(errors.iter().any(|line| has_message(line, message)), "{message}\nisn't one of {errors:#?}");
    }
}
