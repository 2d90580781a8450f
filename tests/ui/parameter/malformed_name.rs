use mcp_tool_runtime::mcp_tool;

/// Measure.
#[mcp_tool(version = "1.0", public)]
#[allow(non_snake_case)]
async fn measure(
    /** How large. */ größe: u32,
    /** How wide. */ lineWidth: u32,
    /** Why. */ _reason: String,
    /** What kind. */ r#type: String,
) {
    let _ = (größe, lineWidth, r#type);
}

fn main() {}
