//! Lookup of the task for `tasks/get`, `tasks/update` and `tasks/cancel`, and the result of `tasks/get` (SEP-2663).

use std::sync::Arc;

use rmcp::{
    ErrorData,
    model::{DetailedTask, ErrorCode, GetTaskResult, Task as TaskMembers, TaskPayload, TaskStatus},
};
use serde_json::{Map, Value};

use crate::{
    audit::{CallStart, PendingRecord, RecordOutcome},
    call::origin::CallOrigin,
    clock::Moment,
    tasks::{MAX_REQUESTS_PER_SECOND, POLL_MS, Task, TaskState, TaskTool, TaskView},
    transport::{endpoint::Endpoint, protocol_error::code},
};

/// Method of a request about a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaskMethod {
    Get,
    Update,
    Cancel,
}

impl TaskMethod {
    const fn name(self) -> &'static str {
        match self {
            TaskMethod::Get => "tasks/get",
            TaskMethod::Update => "tasks/update",
            TaskMethod::Cancel => "tasks/cancel",
        }
    }
}

/// Returns the caller's task with this id, and records the request. The error for a task of another caller is the same
/// as for an unknown task.
///
/// # Errors
/// The caller has no such task, the caller or the task's tool is disabled, the caller's user sends too many such
/// requests, or the request's record could be lost.
pub(super) fn find(
    endpoint: &Endpoint,
    method: TaskMethod,
    id: &str,
    origin: &CallOrigin,
) -> Result<Arc<Task>, ErrorData> {
    let (pipeline, moment) = (&endpoint.pipeline, Moment::now());
    let disabled = pipeline.controls.disabled_part(&origin.caller);
    let task = endpoint.tasks.find(id, &origin.caller).filter(|_| disabled.is_none());
    let tool = task.as_deref().and_then(Task::tool);
    let start = CallStart {
        moment,
        correlation: moment.id(),
        remote: origin.remote,
        // Records have `-` for an unknown tool.
        name: tool.map_or("-", |tool| tool.stamp.contract.name()),
        arguments_bytes: 0,
        completes: None,
    };
    let mut record =
        PendingRecord::new(&pipeline.audit, start, origin.caller.clone(), tool.map(|tool| &tool.stamp));
    record.set_task_request(method.name(), id);
    let refused = |reason: &'static str, error: ErrorData| (reason, error);
    let forbidden = |message: String| ErrorData::new(ErrorCode(code::FORBIDDEN), message, None);
    let max = pipeline.shares.unless_whole(MAX_REQUESTS_PER_SECOND);
    let is_too_fast = || !endpoint.tasks.count_request(&origin.caller, max, moment.instant);
    let is_disabled =
        |tool: &TaskTool| tool.names.iter().any(|name| pipeline.controls.is_tool_disabled(name));
    let checked = match (disabled, task.as_deref()) {
        (Some(disabled), _) => Err(refused(disabled.reason(), forbidden(disabled.message().into()))),
        (None, None) => {
            let message = "you have no task with this id, or the task has expired";
            Err(refused("unknown_task", ErrorData::invalid_params(message, None)))
        }
        (None, Some(_)) if tool.is_some_and(is_disabled) => {
            let message = "the task's tool was disabled by the operator of this server: don't try again until a person \
                           says so";
            Err(refused("tool_disabled", forbidden(message.into())))
        }
        // Cancelling never writes, and must be possible at any rate, and while records can't be written.
        (None, Some(task)) if method == TaskMethod::Cancel && task.is_working() => Ok(()),
        (None, Some(_)) if is_too_fast() => {
            let message = format!(
                "at most {MAX_REQUESTS_PER_SECOND} requests about tasks of one user are answered in a second: send tasks/get \
                 for a task once in its `pollIntervalMs`, {POLL_MS} ms"
            );
            Err(refused("rate_limited", ErrorData::invalid_request(message, None)))
        }
        (None, Some(_)) if method == TaskMethod::Cancel => Ok(()),
        // An answer continues the call, which may write.
        (None, Some(_)) => pipeline.audit.permits(method == TaskMethod::Update).map_err(|error| {
            refused(error.kind().name(), ErrorData::internal_error(error.to_string(), None))
        }),
    };
    match checked {
        Ok(()) => record.write_task_request(),
        Err((reason, error)) => {
            record.write_failure(RecordOutcome::Refused, reason, None);
            return Err(error);
        }
    }
    task.ok_or_else(|| ErrorData::internal_error("the task is gone", None))
}

/// Returns the result of `tasks/get` for a task.
pub(super) fn details(task: &Task) -> Result<GetTaskResult, ErrorData> {
    let TaskView { state, input_requests, created_at, updated_at, message, ttl_ms } = task.view();
    // `DetailedTask::new` below replaces the status by the payload's status.
    let members = TaskMembers::new(&*task.id, TaskStatus::Working, created_at, updated_at)
        .with_ttl_ms(ttl_ms)
        .with_poll_interval_ms(POLL_MS);
    let members = match message {
        Some(message) => members.with_status_message(message),
        None => members,
    };
    let failed = |error: serde_json::Error| ErrorData::internal_error(error.to_string(), None);
    let (members, payload) = match state {
        TaskState::Working if input_requests.is_empty() => (members, TaskPayload::Working),
        TaskState::Working => {
            let input_requests = serde_json::from_value(Value::Object(input_requests)).map_err(failed)?;
            (members, TaskPayload::InputRequired { input_requests })
        }
        TaskState::Completed(result) => {
            let result = serde_json::from_str(result.get()).map_err(failed)?;
            (members, TaskPayload::Completed { result })
        }
        TaskState::Failed(error) => {
            let error: Map<String, Value> = serde_json::from_str(error.get()).unwrap_or_default();
            let message =
                error.get("message").and_then(Value::as_str).unwrap_or("the call failed").to_owned();
            (members.with_status_message(message), TaskPayload::Failed { error })
        }
        TaskState::Cancelled => (members, TaskPayload::Cancelled),
    };
    Ok(GetTaskResult::new(DetailedTask::new(members, payload)))
}
