//! Calls that go on as tasks, as clients see them: how one begins, and what is answered about it (SEP-2663).

use std::{future::poll_fn, sync::Arc, task::Poll};

use futures_util::future::BoxFuture;
use rmcp::{
    ErrorData,
    model::{DetailedTask, GetTaskResult, Task as Shown, TaskPayload, TaskStatus},
};
use serde_json::{Map, Value, value::RawValue};

use super::{
    Endpoint,
    answer::{self, Framed},
    id::Id,
    message::Era,
};
use crate::{
    call::caller::Caller,
    pipeline::Admitted,
    tasks::{DEFAULT_TIMEOUT, POLL_MS, Task, TaskOutcome, TaskState, TaskView},
};

impl Endpoint {
    /// Carries a call out until it has to wait; then it goes on as a task, and its client is told so. One that is done
    /// at once, or first asks its person, is answered as any other.
    pub(super) async fn hand_off(
        endpoint: Arc<Self>,
        admitted: Admitted,
        arguments: impl AsRef<str> + Send + 'static,
        id: Id,
    ) -> Framed {
        let (cx, stamp) = (admitted.context().clone(), admitted.stamp());
        let is_untimed = admitted.is_untimed();
        let call = Endpoint::execute(Arc::clone(&endpoint), admitted, arguments, id.clone(), Era::Modern);
        let mut call: BoxFuture<'static, Framed> = Box::pin(call);
        if let Poll::Ready(framed) = poll_fn(|waker| Poll::Ready(call.as_mut().poll(waker))).await {
            return framed;
        }
        let runs = if is_untimed { DEFAULT_TIMEOUT } else { cx.remaining() };
        let Some(task) = endpoint.tasks.reserve(cx.caller(), runs) else {
            // There are as many as may be: its client waits for it instead.
            return call.await;
        };
        if is_untimed {
            cx.extend_deadline(DEFAULT_TIMEOUT);
        }
        // From here on it asks there, and before it goes on.
        cx.asking().continue_as_task(Arc::clone(&task.inbox));
        let begun = answer::task(&endpoint, &id, &stamp, cx.correlation_id(), &task);
        endpoint.tasks.run(&task, ended(call));
        begun
    }
}

/// What a call came to, without its frame.
async fn ended(call: BoxFuture<'static, Framed>) -> TaskOutcome {
    #[derive(Default, serde::Deserialize)]
    struct Body {
        result: Option<Box<RawValue>>,
        error: Option<Box<RawValue>>,
    }
    let Body { result, error } = serde_json::from_slice(&call.await.body).unwrap_or_default();
    result.map_or_else(|| TaskOutcome::Error(error.unwrap_or_default()), TaskOutcome::Result)
}

/// The caller's task of that id.
pub(super) fn find(endpoint: &Endpoint, id: &str, caller: &Caller) -> Result<Arc<Task>, ErrorData> {
    let none = || ErrorData::invalid_params("no task of yours has this id, or it has expired", None);
    endpoint.tasks.find(id, caller).ok_or_else(none)
}

/// A task as `tasks/get` shows it.
pub(super) fn shown(task: &Task) -> Result<GetTaskResult, ErrorData> {
    let TaskView { state, input_requests, created_at, updated_at, message, ttl_ms } = task.view();
    let shown = Shown::new(&*task.id, TaskStatus::Working, created_at, updated_at)
        .with_ttl_ms(ttl_ms)
        .with_poll_interval_ms(POLL_MS);
    let shown = match message {
        Some(message) => shown.with_status_message(message),
        None => shown,
    };
    let failed = |error: serde_json::Error| ErrorData::internal_error(error.to_string(), None);
    let (shown, payload) = match state {
        TaskState::Working if input_requests.is_empty() => (shown, TaskPayload::Working),
        TaskState::Working => {
            let input_requests = serde_json::from_value(Value::Object(input_requests)).map_err(failed)?;
            (shown, TaskPayload::InputRequired { input_requests })
        }
        TaskState::Completed(result) => {
            let result = serde_json::from_str(result.get()).map_err(failed)?;
            (shown, TaskPayload::Completed { result })
        }
        TaskState::Failed(error) => {
            let error: Map<String, Value> = serde_json::from_str(error.get()).unwrap_or_default();
            let message =
                error.get("message").and_then(Value::as_str).unwrap_or("the call failed").to_owned();
            (shown.with_status_message(message), TaskPayload::Failed { error })
        }
        TaskState::Cancelled => (shown, TaskPayload::Cancelled),
    };
    Ok(GetTaskResult::new(DetailedTask::new(shown, payload)))
}
