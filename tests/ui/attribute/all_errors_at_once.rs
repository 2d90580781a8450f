//! Every error of a declaration is reported at once, each at its token, without further errors: the
//! function can be called and listed.
use mcp_tool_runtime::{mcp_tool, tools};

/// Greet.
#[mcp_tool(verison = "1.0", scope = "people read", timeout = "5")]
async fn greet(
    /// The recipient.
    #[arg(maxlen = 5, pattern = "^\\d+$")]
    name: String,
    /// The frequency.
    #[arg(min = "one", default = 1 + 1)]
    times: u32,
    /// In what.
    #[arg(max_len = 20)]
    language: u8,
    people: &String,
) -> Vec<String> {
    vec![name; times as usize + language as usize + people.len()]
}

async fn call() {
    let _ = greet(String::new(), 1, 2, &String::new()).await;
    let _ = tools![greet];
}

fn main() {}
