use mcp_tool_runtime::mcp_tool;

/// Measure.
#[mcp_tool(version = "1.0", public)]
#[allow(non_snake_case)]
async fn measure(
    /** The size. */ größe: u32,
    /** The width. */ lineWidth: u32,
    /** The reason. */ _reason: String,
    /** The kind. */ r#type: String,
) {
    let _ = (größe, lineWidth, r#type);
}

fn main() {}
