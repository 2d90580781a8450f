//! A form is flat. Seen when the tool is built: only then is it known what the form holds.
use mcp_tool_runtime::{CallContext, ToolError, ToolSchema, mcp_tool, tools};

/// Where somebody lives.
#[derive(serde::Deserialize, serde::Serialize, ToolSchema)]
struct Address {
    /// Street and number.
    street: String,
}

/// An order.
#[derive(serde::Deserialize, serde::Serialize, ToolSchema)]
struct Order {
    /// Where to.
    address: Address,
}

/// Order.
#[mcp_tool(version = "1.0", public)]
async fn order(cx: &CallContext) -> Result<String, ToolError> {
    Ok(cx.ask::<Order>("Where to?").await?.required()?.address.street)
}

fn main() {
    println!("{}", tools![order].len());
}
