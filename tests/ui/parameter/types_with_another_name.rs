use std::{collections::HashSet, path::PathBuf, sync::Arc};

use mcp_tool_runtime::mcp_tool;

/// Find a file.
#[mcp_tool(version = "1.0", public)]
async fn find(
    /// Path.
    path: PathBuf,
    /// Name.
    name: Arc<str>,
    /// Size.
    size: usize,
    /// Tags.
    tags: HashSet<String>,
) {
    let _ = (path, name, size, tags);
}

fn main() {}
