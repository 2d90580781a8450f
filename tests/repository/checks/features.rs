//! The core crate has few lines that are compiled only with certain features.

use crate::files::files;

/// Folder of the core crate.
const CORE: &str = "mcp-tool-core/";
/// Maximum number of lines with `cfg(feature …)`.
const LIMIT: usize = 20;

#[test]
fn core_has_few_lines_for_single_features() {
    let mut lines = Vec::new();
    for (path, text) in files(&["rs"]).into_iter().filter(|(path, _)| path.starts_with(CORE)) {
        let found = text.lines().enumerate().filter(|(_, line)| line.contains("cfg(feature"));
        lines.extend(found.map(|(number, line)| format!("{path}:{}: {}", number + 1, line.trim())));
    }
    crate::report("features", if lines.len() > LIMIT { &lines } else { &[] });
}
