//! Tools that run as tasks.

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

/// A confirmation.
#[derive(Deserialize, ToolSchema)]
struct Confirm {
    /// Really?
    confirm: bool,
}

/// A name.
#[derive(Deserialize, ToolSchema)]
struct UserName {
    /// The name.
    name: String,
}

/// Greet somebody at once.
#[mcp_tool(version = "1.0", public, read_only)]
async fn greet(
    /** The name. */
    name: String,
) -> String {
    format!("Hello, {name}!")
}

/// Compute for a while.
#[mcp_tool(version = "1.0", public, read_only, task, timeout = "5m")]
async fn slow_compute(
    /** Duration. */
    #[arg(min = 0.0, max = 120.0, default = 1.0)]
    seconds: f64,
    /** Label of the result. */
    label: Option<String>,
) -> String {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    format!("{} took {seconds} s", label.as_deref().unwrap_or("it"))
}

/// Fail after a while.
#[mcp_tool(version = "1.0", public, read_only, task(required))]
async fn failing_job() -> Result<(), ToolError> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    Err(ToolError::refused("it fails on purpose"))
}

/// Fail with a protocol error, because the client does not support roots.
#[mcp_tool(version = "1.0", public, read_only, task)]
async fn protocol_error_job(cx: &CallContext) -> Result<String, ToolError> {
    become_task().await;
    Ok(cx.roots().await?.required()?.join(", "))
}

/// Ask whether a file is to be deleted, while the task runs.
#[mcp_tool(version = "1.0", public, read_only, task(required))]
async fn confirm_delete(
    cx: &CallContext,
    /** Name of the file. */
    filename: Option<String>,
) -> Result<String, ToolError> {
    become_task().await;
    let filename = filename.as_deref().unwrap_or("the file");
    let Confirm { confirm } = cx.ask::<Confirm>(format!("Delete {filename}?")).await?.required()?;
    Ok(format!("{filename}: {confirm}"))
}

/// Ask two questions at once, while the task runs.
#[mcp_tool(version = "1.0", public, read_only, task(required))]
async fn multi_input(cx: &CallContext) -> Result<String, ToolError> {
    become_task().await;
    let (name, sure) = tokio::join!(
        cx.ask::<UserName>("Who asks?").into_future(),
        cx.ask::<Confirm>("Are you sure?").into_future(),
    );
    Ok(format!("{}: {}", name?.required()?.name, sure?.required()?.confirm))
}

/// Ask first, then go on as a task.
#[mcp_tool(version = "1.0", public, read_only, task(required))]
async fn test_tool_with_task(cx: &CallContext) -> Result<String, ToolError> {
    let UserName { name } = cx.ask::<UserName>("What is your name?").stateless().await?.required()?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    Ok(format!("Hello, {name}, after a while!"))
}

/// Waits, so that the call becomes a task before it asks.
async fn become_task() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}
