//! Neither a form nor a result can contain a nested secret.
use mcp_tool_runtime::{CallContext, Page, ToolError, ToolSchema, mcp_tool};

/// Login of a person.
#[derive(serde::Deserialize, serde::Serialize, ToolSchema)]
struct Login {
    /// A secret of the person.
    #[schema(secret)]
    password: String,
}

/// A form around it.
#[derive(serde::Deserialize, ToolSchema)]
struct Flattened {
    #[serde(flatten)]
    login: Login,
}

/// An account with it.
#[derive(serde::Serialize, ToolSchema)]
struct Nested {
    /// Login of its owner.
    login: Login,
}

/// Sign in.
#[mcp_tool(version = "1.0", public)]
async fn sign_in(cx: &CallContext) -> Result<String, ToolError> {
    Ok(cx.ask::<Flattened>("Who are you?").await?.required()?.login.password)
}

/// Show who signs in.
#[mcp_tool(version = "1.0", public)]
async fn logins() -> Page<Login> {
    unreachable!()
}

fn main() {}
