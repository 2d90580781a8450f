use mcp_tool_runtime::mcp_tool;

const NEGATIVE: i32 = -1;
const QUOTED: &str = "a \"quoted\" word";
const MANY: usize = 500;

/// Search.
#[mcp_tool(version = "1.0", public)]
async fn search(
    /// Text.
    #[arg(max_len = NEGATIVE)]
    text: String,
    /// Word.
    #[arg(default = QUOTED)]
    word: String,
    /// Count.
    #[arg(max = 100, default = MANY)]
    count: u16,
    /// Priority.
    #[arg(default = true)]
    optional: Option<bool>,
) {
    let _ = (text, word, count, optional);
}

fn main() {}
