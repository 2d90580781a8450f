//! One task: its state, and its view for the client.

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
    /// Random UUID (version 4). Only requests of the same caller find the task by it.
    pub(crate) id: String,
    pub(super) owner: Principal,
    created_at: DateTime<Utc>,
    /// Maximum duration, not counting time spent waiting for answers.
    pub(super) timeout: Duration,
    /// Questions and last progress message of the call, for the client to collect.
    pub(crate) inbox: Arc<TaskInbox>,
    current: Mutex<CurrentState>,
    pub(super) cancelled: CancellationToken,
}

#[derive(Debug)]
struct CurrentState {
    state: TaskState,
    since: DateTime<Utc>,
}

/// State of a task. A working task with open questions has the status `input_required` in the protocol.
#[derive(Clone, Debug)]
pub(crate) enum TaskState {
    Working,
    /// The call ended with this result, as JSON. The error of a tool is such a result, too.
    Completed(Arc<RawValue>),
    /// The call ended with this JSON-RPC error.
    Failed(Arc<RawValue>),
    Cancelled,
}

/// Task as its client sees it.
#[derive(Clone, Debug)]
pub(crate) struct TaskView {
    pub(crate) state: TaskState,
    /// Open questions as `InputRequests`. If there are any, the protocol's status is `input_required`.
    pub(crate) input_requests: Map<String, Value>,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    /// Last progress message (`statusMessage`).
    pub(crate) message: Option<String>,
    /// Time from creation until the task is forgotten, in milliseconds (`ttlMs`).
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

    /// Size in bytes.
    pub(super) fn size(&self) -> usize {
        match self {
            TaskOutcome::Result(json) | TaskOutcome::Error(json) => json.get().len(),
        }
    }
}

impl Task {
    pub(super) fn new(owner: Principal, timeout: Duration) -> Self {
        let created_at = Utc::now();
        Task {
            id: Uuid::new_v4().to_string(),
            owner,
            created_at,
            timeout,
            inbox: Arc::default(),
            current: Mutex::new(CurrentState { state: TaskState::Working, since: created_at }),
            cancelled: CancellationToken::new(),
        }
    }

    /// Asks a running task to stop; `Tasks::run` then ends its call and sets the final state. A finished task keeps its
    /// state, because `Tasks::run` watches for this only while the call runs.
    pub(crate) fn cancel(&self) {
        self.cancelled.cancel();
    }

    /// Sets the final state: that of the outcome, or [`TaskState::Cancelled`] without an outcome.
    pub(super) fn finish(&self, outcome: Option<TaskOutcome>) {
        let state = match outcome {
            None => TaskState::Cancelled,
            Some(TaskOutcome::Result(result)) => TaskState::Completed(result.into()),
            Some(TaskOutcome::Error(error)) => TaskState::Failed(error.into()),
        };
        *self.current() = CurrentState { state, since: Utc::now() };
    }

    fn current(&self) -> MutexGuard<'_, CurrentState> {
        sync::lock(&self.current)
    }

    pub(super) fn is_working(&self) -> bool {
        matches!(self.current().state, TaskState::Working)
    }

    /// Time of the last change of state.
    pub(super) fn state_since(&self) -> DateTime<Utc> {
        self.current().since
    }

    /// Size of the kept result, in bytes.
    pub(super) fn result_size(&self) -> usize {
        match &self.current().state {
            TaskState::Completed(json) | TaskState::Failed(json) => json.get().len(),
            TaskState::Working | TaskState::Cancelled => 0,
        }
    }

    /// Returns the task as its client sees it now.
    pub(crate) fn view(&self) -> TaskView {
        let current = self.current();
        let updated_at = self.inbox.updated_at().map_or(current.since, |changed| changed.max(current.since));
        let since_creation = |until: DateTime<Utc>| (until - self.created_at).to_std().unwrap_or_default();
        // The end of a working task isn't known, because time spent waiting for answers doesn't count. This assumes
        // that the whole timeout is left.
        let (lifetime, input_requests) = match current.state {
            TaskState::Working => (since_creation(Utc::now()) + self.timeout, self.inbox.requests()),
            _ => (since_creation(current.since), Map::new()),
        };
        let format = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
        TaskView {
            state: current.state.clone(),
            input_requests,
            created_at: format(self.created_at),
            updated_at: format(updated_at),
            message: self.inbox.message(),
            ttl_ms: u64::try_from((lifetime + RESULT_RETENTION).as_millis()).unwrap_or(u64::MAX),
        }
    }
}
