//! Calls that may continue as MCP tasks (SEP-2663): the call runs in the background, and the client requests its result
//! by `tasks/get`. Only clients of 2026-07-28 (`Era::Modern`) can use tasks.

use std::{future::poll_fn, sync::Arc, task::Poll};

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{
    call_error::CallError,
    endpoint::Endpoint,
    id::Id,
    message::Era,
    response::{FramedResponse, write_error},
    tool_result::{ResultStamp, ToolResultParts},
};
use crate::{
    call::stamp::ContractStamp,
    json::JsonWriter,
    pipeline::{Admitted, CallOutcome},
    tasks::{DEFAULT_TIMEOUT, TaskOutcome, TaskTool, TaskView},
};

/// The answer to a call that may continue as a task.
pub(super) enum TaskCall {
    /// The call has ended with a result, an error or a question, so no task was created.
    Finished(CallOutcome),
    /// The call continues as a task. `stamp` identifies the tool's contract in the response.
    Started { id: String, view: TaskView, stamp: Arc<ContractStamp>, correlation: Uuid },
}

impl TaskCall {
    /// Runs a call until the call has to wait for the first time, and then continues the call as a task. If a maximum
    /// number of tasks is reached, waits for the call's result instead.
    pub(super) async fn start(
        endpoint: &Arc<Endpoint>,
        admitted: Admitted,
        arguments: impl AsRef<str> + Send + 'static,
    ) -> Self {
        let (cx, stamp) = (admitted.context().clone(), admitted.stamp());
        let tool = TaskTool { stamp: Arc::clone(&stamp), names: admitted.tool_names() };
        let declares_no_timeout = admitted.declares_no_timeout();
        let mut call: BoxFuture<'static, CallOutcome> = Box::pin(admitted.execute(arguments));
        if let Poll::Ready(outcome) = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await {
            return TaskCall::Finished(outcome);
        }
        // If the tool declares no timeout, the default timeout of tasks, 1 h, replaces the server's
        // `limits.timeout`.
        let timeout = if declares_no_timeout { DEFAULT_TIMEOUT } else { cx.remaining() };
        let Some(task) = endpoint.tasks.reserve(cx.caller(), timeout) else {
            return TaskCall::Finished(call.await);
        };
        task.set_tool(tool);
        if declares_no_timeout {
            cx.extend_deadline(DEFAULT_TIMEOUT);
        }
        // From now on, the call asks its questions through the task. This is set before the call continues, because its
        // next poll may ask.
        cx.asking().continue_as_task(Arc::clone(&task.inbox));
        let (id, view) = (task.id.clone(), task.view());
        let started = TaskCall::Started { id, view, stamp, correlation: cx.correlation_id() };
        let server = Arc::clone(endpoint);
        endpoint.tasks.run(&task, async move { stored_result(&call.await, &server.server_info) });
        started
    }

    /// Returns the response to the `tools/call` request `id`.
    pub fn response(&self, id: &Id, server_info: &str) -> FramedResponse {
        match self {
            TaskCall::Finished(outcome) => FramedResponse::outcome(outcome, id, Era::Modern, server_info),
            TaskCall::Started { id: task, view, stamp, correlation } => {
                let stamp = ResultStamp { stamp, correlation: *correlation };
                FramedResponse::task_created(task, view, &stamp, id, server_info)
            }
        }
    }
}

/// Returns the call's result or error in the form in which `tasks/get` returns it.
fn stored_result(outcome: &CallOutcome, server_info: &str) -> TaskOutcome {
    let mut text = JsonWriter::default();
    let error = CallError::of_outcome(outcome, Era::Modern);
    match &error {
        Some(CallError { code, message, data, .. }) => write_error(&mut text, *code, message, Some(data)),
        None => ToolResultParts::of(outcome).write(&mut text, Era::Modern, server_info),
    }
    let json = String::from_utf8(text.into_bytes()).ok().and_then(|json| RawValue::from_string(json).ok());
    match (json, error) {
        (Some(json), None) => TaskOutcome::Result(json),
        (json, _) => TaskOutcome::Error(json.unwrap_or_default()),
    }
}
