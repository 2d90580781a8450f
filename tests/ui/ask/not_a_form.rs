//! A form must be a struct that derives `ToolSchema` and `Deserialize`.
use mcp_tool_runtime::{CallContext, ToolError, ToolSchema, mcp_tool};

/// Consent to go on.
#[derive(ToolSchema)]
struct Unread {
    /// Really?
    sure: bool,
}

#[derive(serde::Deserialize)]
struct Underived {
    sure: bool,
}

/// Go on.
#[mcp_tool(version = "1.0", public)]
async fn go_on(cx: &CallContext) -> Result<(), ToolError> {
    let one = cx.ask::<Unread>("Sure?").await?.required()?.sure;
    let other = cx.ask::<Underived>("Sure?").await?.required()?.sure;
    let text = cx.ask::<String>("Why?").await?.required()?;
    drop((one, other, text));
    Ok(())
}

fn main() {}
