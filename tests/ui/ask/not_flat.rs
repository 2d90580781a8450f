//! A form must be flat. This is checked after type checking, when the form's fields are known.
use mcp_tool_runtime::{CallContext, ToolError, ToolSchema, mcp_tool, tools};

/// Address of a person.
#[derive(serde::Deserialize, serde::Serialize, ToolSchema)]
struct Address {
    /// Street and number.
    street: String,
}

/// An order.
#[derive(serde::Deserialize, serde::Serialize, ToolSchema)]
struct Order {
    /// The destination.
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
