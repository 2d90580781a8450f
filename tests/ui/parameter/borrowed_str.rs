use mcp_tool_runtime::mcp_tool;

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(
    /// The recipient.
    name: &str,
    /// Another recipient.
    others: &[String],
    /// The manner.
    how: &Option<String>,
    /// The frequency.
    times: &u32,
) {
    let _ = (name, others, how, times);
}

fn main() {}
