use std::time::Duration;

use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(ToolSchema)]
enum Priority {
    Low,
    High,
}

impl Priority {
    const DEFAULT: Priority = Priority::Low;
}

const WAIT: Duration = Duration::from_secs(1);

/// Search.
#[mcp_tool(version = "1.0", public)]
async fn search(
    /// Priority.
    #[arg(default = Priority::DEFAULT)]
    priority: Priority,
    /// Time.
    #[arg(default = WAIT)]
    wait: Duration,
    /// Count.
    #[arg(default = Self::COUNT)]
    count: u8,
) {
    let _ = (priority, wait, count);
}

fn main() {
    let _ = Priority::High;
}
