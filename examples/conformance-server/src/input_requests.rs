//! Tools that send input requests: elicitation, sampling and roots. The conformance suite prescribes the names of the
//! tools, the fields of the forms and the keys of the requests. If a tool sets no key, a request with a form struct has
//! the struct's name in snake case as its key, such as `user_name`.
//!
//! The number in a call of `sample` is the maximum length of the model's answer, in tokens.

use mcp_tool_runtime::{AskError, Form, Reply, ToolEntry, prelude::*};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) const TOOLS: &[ToolEntry] = tools![
    test_sampling,
    test_elicitation,
    test_elicitation_sep1034_defaults,
    test_elicitation_sep1330_enums,
    test_missing_capability,
    test_streaming_elicitation,
    test_input_required_result_elicitation,
    test_input_required_result_sampling,
    test_input_required_result_list_roots,
    test_input_required_result_request_state,
    test_input_required_result_tampered_state,
    test_input_required_result_multiple_inputs,
    test_input_required_result_multi_round,
    test_input_required_result_capabilities,
];

/// Form of `test_elicitation`.
#[derive(Deserialize, ToolSchema)]
struct Contact {
    /// User's response
    username: String,
    /// User's email address
    email: String,
}

/// Form for one name.
#[derive(Deserialize, ToolSchema)]
struct UserName {
    /// Name of the user.
    name: String,
}

/// Form of the first question of `test_input_required_result_multi_round`.
#[derive(Deserialize, ToolSchema)]
struct Step1 {
    /// Name of the user.
    name: String,
}

/// Form of the second question of `test_input_required_result_multi_round`.
#[derive(Deserialize, ToolSchema)]
struct Step2 {
    /// Favourite colour of the user.
    color: String,
}

/// Form for a confirmation.
#[derive(Deserialize, ToolSchema)]
struct Confirm {
    /// Confirms the action.
    ok: bool,
}

/// Formats a reply as the suite expects it. `content` is the content of an accepted form, and unused for other replies.
fn reply_text<T>(reply: &Reply<T>, content: impl std::fmt::Display) -> String {
    match reply {
        Reply::Accepted(_) => format!("action=accept, content={content}"),
        Reply::Declined => "action=decline".to_owned(),
        Reply::Cancelled => "action=cancel".to_owned(),
    }
}

/// Sample the model of the client.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_sampling(
    cx: &CallContext,
    /** Prompt for the model. */
    prompt: String,
) -> Result<String, ToolError> {
    Ok(format!("LLM response: {}", cx.sample(prompt, 100).await?.required()?))
}

/// Ask for the user's name and email address.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_elicitation(
    cx: &CallContext,
    /** Message to the person. */
    message: String,
) -> Result<String, ToolError> {
    let reply = cx.ask::<Contact>(message).await?;
    let content = match &reply {
        Reply::Accepted(Contact { username, email }) => format!("{username} <{email}>"),
        Reply::Declined | Reply::Cancelled => String::new(),
    };
    Ok(format!("User response: {}", reply_text(&reply, content)))
}

/// Ask with a form that has defaults.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_elicitation_sep1034_defaults(cx: &CallContext) -> Result<String, ToolError> {
    let form = json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "description": "Name", "default": "John Doe" },
            "age": { "type": "integer", "description": "Age", "default": 30 },
            "score": { "type": "number", "description": "Score", "default": 95.5 },
            "status": {
                "type": "string",
                "description": "Status",
                "enum": ["active", "inactive", "pending"],
                "default": "active",
            },
            "verified": { "type": "boolean", "description": "Whether it was verified", "default": true },
        },
        "required": [],
    });
    ask_form(cx, form).await
}

/// Ask for choices of each kind.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_elicitation_sep1330_enums(cx: &CallContext) -> Result<String, ToolError> {
    let titled = json!([
        { "const": "value1", "title": "First" },
        { "const": "value2", "title": "Second" },
        { "const": "value3", "title": "Third" },
    ]);
    let form = json!({
        "type": "object",
        "properties": {
            "untitledSingle": { "type": "string", "enum": ["option1", "option2", "option3"] },
            "titledSingle": { "type": "string", "oneOf": titled },
            "legacyEnum": {
                "type": "string",
                "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["One", "Two", "Three"],
            },
            "untitledMulti": {
                "type": "array",
                "items": { "type": "string", "enum": ["option1", "option2", "option3"] },
            },
            "titledMulti": { "type": "array", "items": { "anyOf": titled } },
        },
        "required": [],
    });
    ask_form(cx, form).await
}

/// Asks with a form given as JSON Schema, because the schema of a form struct has no defaults and no titles of choices.
async fn ask_form(cx: &CallContext, form: Value) -> Result<String, ToolError> {
    let reply = cx.ask_for(form, "Please fill this in").await?;
    let content = match &reply {
        Reply::Accepted(content) => content.to_string(),
        Reply::Declined | Reply::Cancelled => String::new(),
    };
    Ok(format!("Elicitation completed: {}", reply_text(&reply, content)))
}

/// Fail if the client doesn't support sampling.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_missing_capability(cx: &CallContext) -> Result<String, ToolError> {
    cx.sample("Say something.", 10).await?.required()
}

/// Ask for a name on the event stream of the call.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_streaming_elicitation(cx: &CallContext) -> Result<String, ToolError> {
    ask_name(cx).await
}

/// Ask for a name, and accept an answer without request state.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_input_required_result_elicitation(cx: &CallContext) -> Result<String, ToolError> {
    // The suite answers without `requestState`, and only a stateless question accepts such an answer.
    let UserName { name } = cx.ask::<UserName>("What is your name?").stateless().await?.required()?;
    Ok(format!("Hello, {name}!"))
}

/// Sample the model of the client with a question.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_input_required_result_sampling(cx: &CallContext) -> Result<String, ToolError> {
    cx.sample("What is the capital of France?", 100).key("capital_question").await?.required()
}

/// List the roots of the client.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_input_required_result_list_roots(cx: &CallContext) -> Result<String, ToolError> {
    Ok(cx.roots().key("client_roots").await?.required()?.join(", "))
}

/// Ask for a confirmation, and accept it only with its request state.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_input_required_result_request_state(cx: &CallContext) -> Result<String, ToolError> {
    ask_confirmation(cx).await
}

/// Ask for a confirmation, and refuse a modified request state.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_input_required_result_tampered_state(cx: &CallContext) -> Result<String, ToolError> {
    ask_confirmation(cx).await
}

async fn ask_confirmation(cx: &CallContext) -> Result<String, ToolError> {
    let Confirm { ok } = cx.ask::<Confirm>("Please confirm").await?.required()?;
    Ok(format!("state-ok: {ok}"))
}

/// Send three input requests at once.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_input_required_result_multiple_inputs(cx: &CallContext) -> Result<String, ToolError> {
    let (name, greeting, roots) = tokio::join!(
        cx.ask::<UserName>("What is your name?").into_future(),
        cx.sample("Generate a greeting", 50).key("greeting").into_future(),
        cx.roots().key("client_roots").into_future(),
    );
    let (UserName { name }, greeting) = (name?.required()?, greeting?.required()?);
    Ok(format!("{greeting} {name}, in {}", roots?.required()?.join(", ")))
}

/// Ask one question after another.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_input_required_result_multi_round(cx: &CallContext) -> Result<String, ToolError> {
    let Step1 { name } = cx.ask::<Step1>("Step 1: What is your name?").await?.required()?;
    let Step2 { color } = cx.ask::<Step2>("Step 2: What is your favorite color?").await?.required()?;
    Ok(format!("{name} likes {color}"))
}

/// Send only input requests that the client supports.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_input_required_result_capabilities(cx: &CallContext) -> Result<String, ToolError> {
    let name = async {
        match cx.can_ask() {
            true => ask_name(cx).await.map(Some),
            false => Ok(None),
        }
    };
    let greeting = async {
        match cx.can_sample() {
            true => cx.sample("Generate a greeting", 50).key("greeting").await.map(Reply::accepted),
            false => Ok::<_, AskError>(None),
        }
    };
    let (name, greeting) = tokio::join!(name, greeting);
    Ok([name?, greeting?].into_iter().flatten().collect::<Vec<_>>().join(" "))
}

async fn ask_name(cx: &CallContext) -> Result<String, ToolError> {
    // `UserName::KEY` is `user_name`, the key that the suite prescribes. A form struct has it by default, so this call
    // only shows how to set a key.
    let UserName { name } = cx.ask::<UserName>("What is your name?").key(UserName::KEY).await?.required()?;
    Ok(format!("Hello, {name}!"))
}
