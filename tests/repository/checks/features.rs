//! The core is one program for all features, but for few lines.

use crate::files::files;

const CORE: &str = "mcp-tool-core/";
const LIMIT: usize = 20;

#[test]
fn the_core_has_few_lines_for_single_features() {
    let mut lines = Vec::new();
    for (path, text) in files(&["rs"]).into_iter().filter(|(path, _)| path.starts_with(CORE)) {
        let found = text.lines().enumerate().filter(|(_, line)| line.contains("cfg(feature"));
        lines.extend(found.map(|(number, line)| format!("{path}:{}: {}", number + 1, line.trim())));
    }
    crate::report("features", if lines.len() > LIMIT { &lines } else { &[] });
}
