//! The core crate has few lines with a condition on a feature, such as `#[cfg(feature = "http")]`.

use crate::files::files;

/// Folder of the core crate.
const CORE: &str = "mcp-tool-core/";
/// Maximum number of lines with `feature = "…"` in an attribute or in `cfg!`. Code under such a condition is compiled
/// and tested only in some builds.
const LIMIT: usize = 20;

/// Returns the line numbers of `feature =` inside `#[…]`, `#![…]` or `cfg!(…)`. Comments don't count.
fn feature_lines(source: &str) -> Vec<usize> {
    let mut found = Vec::new();
    // Depth of brackets inside the attribute or the macro that is being read; 0 outside.
    let mut depth = 0_usize;
    for (number, line) in source.lines().enumerate() {
        let mut rest = line.split("//").next().unwrap_or_default();
        let mut has_feature = false;
        while !rest.is_empty() {
            if depth == 0 {
                let starts = ["#[", "#![", "cfg!("].into_iter().filter_map(|start| {
                    let at = rest.find(start)?;
                    Some(at + start.len())
                });
                let Some(start) = starts.min() else { break };
                (rest, depth) = (&rest[start..], 1);
            }
            let end = rest.char_indices().find_map(|(at, letter)| {
                match letter {
                    '[' | '(' => depth += 1,
                    ']' | ')' => depth -= 1,
                    _ => {}
                }
                (depth == 0).then_some(at)
            });
            let (inside, after) = rest.split_at(end.unwrap_or(rest.len()));
            let mut names = inside.match_indices("feature");
            has_feature |= names.any(|(at, name)| inside[at + name.len()..].trim_start().starts_with('='));
            rest = after;
        }
        if has_feature {
            found.push(number + 1);
        }
    }
    found
}

#[test]
fn each_line_with_a_feature_condition_is_counted_once() {
    let source = r#"
#[cfg(feature = "a")]
#![cfg_attr(not(feature = "a"), allow(dead_code))]
#[cfg(all(test, feature="a", feature = "b"))]
fn a() { if cfg!(feature = "a") { b[0](feature = 1) } }
#[cfg(any(
    unix,
    feature = "a",
))]
// #[cfg(feature = "a")]
#![cfg_attr(docsrs, feature(doc_cfg))]
let feature = 1;
"#;
    assert_eq!(feature_lines(source), [2, 3, 4, 5, 8]);
}

#[test]
fn core_has_few_lines_with_feature_conditions() {
    let mut lines = Vec::new();
    for (path, text) in files(&["rs"]).into_iter().filter(|(path, _)| path.starts_with(CORE)) {
        lines.extend(feature_lines(&text).into_iter().map(|number| format!("{path}:{number}")));
    }
    println!("{} lines of the core crate have a condition on a feature", lines.len());
    crate::report("features", if lines.len() > LIMIT { &lines } else { &[] });
}
