use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(
    /// Whom.
    name: &str,
    /// Whom too.
    others: &[String],
    /// How.
    how: &Option<String>,
    /// How often.
    times: &u32,
) {
    let _ = (name, others, how, times);
}

fn main() {}
