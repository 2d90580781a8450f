//! Neither a form nor a result can contain a secret.
use mcp_tool_runtime::{CallContext, ToolError, ToolSchema, mcp_tool};

/// Login of a person.
#[derive(serde::Deserialize, serde::Serialize, ToolSchema)]
struct Login {
    /// The person.
    user: String,
    /// A secret of the person.
    #[schema(secret)]
    password: String,
}

/// Sign in.
#[mcp_tool(version = "1.0", public)]
async fn sign_in(cx: &CallContext) -> Result<String, ToolError> {
    let Login { user, password } = cx.ask::<Login>("Who are you?").await?.required()?;
    Ok(user + &password)
}

/// Show how somebody signs in.
#[mcp_tool(version = "1.0", public)]
async fn show() -> Login {
    Login { user: String::new(), password: String::new() }
}

fn main() {}
