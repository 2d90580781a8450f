//! One task: its state, and the view of it that its client gets.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, Utc};
use rmcp::model::ErrorCode;
use serde_json::{Map, Value, json, value::RawValue};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{ask::TaskInbox, call::caller::Principal, sync};

/// Time for which the result of a finished task is kept.
pub(super) const RESULT_RETENTION: Duration = Duration::from_secs(600);

/// A call that continues as a task.
#[derive(Debug)]
pub(crate) struct Task {
    /// Random (UUID version 4); a client needs it and the caller's identity.
    pub(crate) id: String,
    pub(super) owner: Principal,
    created: DateTime<Utc>,
    /// Maximum duration, not counting time that people take to answer.
    pub(super) timeout: Duration,
    /// Its questions and last progress message.
    pub(crate) inbox: Arc<TaskInbox>,
    status: Mutex<Status>,
    pub(super) cancelled: CancellationToken,
}

#[derive(Debug)]
struct Status {
    state: TaskState,
    updated: DateTime<Utc>,
}

/// State of a task. `input_required` isn't one: a working task with open questions has it.
#[derive(Clone, Debug)]
pub(crate) enum TaskState {
    Working,
    /// The result of the call as JSON, which may be the error of a tool.
    Completed(Arc<RawValue>),
    /// The JSON-RPC error of the call.
    Failed(Arc<RawValue>),
    Cancelled,
}

/// Task as its client sees it.
#[derive(Clone, Debug)]
pub(crate) struct TaskView {
    pub(crate) state: TaskState,
    /// Open questions as `InputRequests`. If there are any, the status is `input_required`.
    pub(crate) input_requests: Map<String, Value>,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    /// Last progress message (`statusMessage`).
    pub(crate) message: Option<String>,
    pub(crate) ttl_ms: u64,
}

/// Outcome of a task's call, as JSON.
pub(crate) enum TaskOutcome {
    Result(Box<RawValue>),
    Error(Box<RawValue>),
}

impl TaskOutcome {
    pub(super) fn error(message: &str) -> Self {
        let error = json!({ "code": ErrorCode::INTERNAL_ERROR, "message": message });
        TaskOutcome::Error(serde_json::value::to_raw_value(&error).unwrap_or_default())
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            TaskOutcome::Result(json) | TaskOutcome::Error(json) => json.get().len(),
        }
    }
}

impl Task {
    pub(super) fn new(owner: Principal, timeout: Duration) -> Self {
        let created = Utc::now();
        Task {
            id: Uuid::new_v4().to_string(),
            owner,
            created,
            timeout,
            inbox: Arc::default(),
            status: Mutex::new(Status { state: TaskState::Working, updated: created }),
            cancelled: CancellationToken::new(),
        }
    }

    /// Cancels the task; a finished one stays as it is.
    pub(crate) fn cancel(&self) {
        self.cancelled.cancel();
    }

    /// Sets the final state; `None` stands for cancelled.
    pub(super) fn finish(&self, outcome: Option<TaskOutcome>) {
        let state = match outcome {
            None => TaskState::Cancelled,
            Some(TaskOutcome::Result(result)) => TaskState::Completed(result.into()),
            Some(TaskOutcome::Error(error)) => TaskState::Failed(error.into()),
        };
        *self.status() = Status { state, updated: Utc::now() };
    }

    fn status(&self) -> MutexGuard<'_, Status> {
        sync::lock(&self.status)
    }

    pub(super) fn is_working(&self) -> bool {
        matches!(self.status().state, TaskState::Working)
    }

    /// Time of the last change of state.
    pub(super) fn updated(&self) -> DateTime<Utc> {
        self.status().updated
    }

    /// Size of the kept result, in bytes.
    pub(super) fn bytes(&self) -> usize {
        match &self.status().state {
            TaskState::Completed(json) | TaskState::Failed(json) => json.get().len(),
            TaskState::Working | TaskState::Cancelled => 0,
        }
    }

    /// Returns the current view.
    pub(crate) fn view(&self) -> TaskView {
        let status = self.status();
        let updated = self.inbox.updated().map_or(status.updated, |changed| changed.max(status.updated));
        let since_creation = |until: DateTime<Utc>| (until - self.created).to_std().unwrap_or_default();
        // Of a working task only the longest remaining time is known: answers of people extend it.
        let (lifetime, input_requests) = match status.state {
            TaskState::Working => (since_creation(Utc::now()) + self.timeout, self.inbox.requests()),
            _ => (since_creation(status.updated), Map::new()),
        };
        let format = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
        TaskView {
            state: status.state.clone(),
            input_requests,
            created_at: format(self.created),
            updated_at: format(updated),
            message: self.inbox.message(),
            ttl_ms: u64::try_from((lifetime + RESULT_RETENTION).as_millis()).unwrap_or(u64::MAX),
        }
    }
}
