//! Tools whose calls may continue as tasks, and `greet`, whose calls never do. The conformance suite prescribes the
//! names of the tools.
//!
//! If the client supports tasks, a call becomes a task when its function first waits. For other clients, a tool with
//! `task` answers as usual, and a tool with `task(required)` refuses the call. If the function asks a question before
//! its first wait, the call ends with an input request, and the client calls the tool again with the answer.

use std::time::Duration;

use mcp_tool_runtime::{ToolEntry, prelude::*};
use serde::Deserialize;

pub(crate) const TOOLS: &[ToolEntry] = tools![
    greet,
    slow_compute,
    failing_job,
    protocol_error_job,
    confirm_delete,
    multi_input,
    test_tool_with_task,
];

/// Form for a confirmation.
#[derive(Deserialize, ToolSchema)]
struct Confirm {
    /// Confirms the action.
    confirm: bool,
}

/// Form for one name.
#[derive(Deserialize, ToolSchema)]
struct UserName {
    /// Name of the user.
    name: String,
}

/// Greet a person, without a task.
#[mcp_tool(version = "1.0", public, read_only)]
async fn greet(
    /** Name of the person. */
    name: String,
) -> String {
    format!("Hello, {name}!")
}

/// Compute for a while.
#[mcp_tool(version = "1.0", public, read_only, task, timeout = "5m")]
async fn slow_compute(
    /** Duration in seconds. */
    #[arg(min = 0.0, max = 120.0, default = 1.0)]
    seconds: f64,
    /** Label of the result. */
    label: Option<String>,
) -> String {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    format!("{} took {seconds} s", label.as_deref().unwrap_or("it"))
}

/// Fail after one second.
#[mcp_tool(version = "1.0", public, read_only, task(required))]
async fn failing_job() -> Result<(), ToolError> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    Err(ToolError::refused("it fails on purpose"))
}

/// Fail with a protocol error, because the client does not support roots.
#[mcp_tool(version = "1.0", public, read_only, task)]
async fn protocol_error_job(cx: &CallContext) -> Result<String, ToolError> {
    wait_to_become_task().await;
    Ok(cx.roots().await?.required()?.join(", "))
}

/// Ask whether a file is to be deleted, while the task runs.
#[mcp_tool(version = "1.0", public, read_only, task(required))]
async fn confirm_delete(
    cx: &CallContext,
    /** Name of the file. */
    filename: Option<String>,
) -> Result<String, ToolError> {
    wait_to_become_task().await;
    let filename = filename.as_deref().unwrap_or("the file");
    let Confirm { confirm } = cx.ask::<Confirm>(format!("Delete {filename}?")).await?.required()?;
    Ok(format!("{filename}: {confirm}"))
}

/// Ask two questions at once, while the task runs.
#[mcp_tool(version = "1.0", public, read_only, task(required))]
async fn multi_input(cx: &CallContext) -> Result<String, ToolError> {
    wait_to_become_task().await;
    let (name, sure) = tokio::join!(
        cx.ask::<UserName>("Who asks?").into_future(),
        cx.ask::<Confirm>("Are you sure?").into_future(),
    );
    Ok(format!("{}: {}", name?.required()?.name, sure?.required()?.confirm))
}

/// Ask for a name, then continue as a task.
#[mcp_tool(version = "1.0", public, read_only, task(required))]
async fn test_tool_with_task(cx: &CallContext) -> Result<String, ToolError> {
    // There is no task yet, so the client calls the tool again with the answer. The suite sends that call without
    // `requestState`, and only a stateless question accepts an answer without it.
    let UserName { name } = cx.ask::<UserName>("What is your name?").stateless().await?.required()?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    Ok(format!("Hello, {name}, after a while!"))
}

/// Waits for 1 ms, the shortest time of tokio's timer. The wait makes the call a task before the tool asks a question.
async fn wait_to_become_task() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}
