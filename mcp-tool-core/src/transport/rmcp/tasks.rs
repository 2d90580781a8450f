//! Lookup of the task for `tasks/get`, `tasks/update` and `tasks/cancel`, and the result of `tasks/get` (SEP-2663).

use std::sync::Arc;

use rmcp::{
    ErrorData,
    model::{DetailedTask, GetTaskResult, Task as TaskMembers, TaskPayload, TaskStatus},
};
use serde_json::{Map, Value};

use crate::{
    call::caller::Caller,
    tasks::{POLL_MS, Task, TaskState, TaskView},
    transport::endpoint::Endpoint,
};

/// Returns the task of `caller` with this id. The error for a task of another caller is the same as for an unknown
/// task.
pub(super) fn find(endpoint: &Endpoint, id: &str, caller: &Caller) -> Result<Arc<Task>, ErrorData> {
    let unknown =
        || ErrorData::invalid_params("you have no task with this id, or the task has expired", None);
    endpoint.tasks.find(id, caller).ok_or_else(unknown)
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
