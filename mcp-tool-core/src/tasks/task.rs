//! One task: its state, and the view of the task that its client gets.

use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock},
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, Utc};
use rmcp::model::ErrorCode;
use serde_json::{Map, Value, json, value::RawValue};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    ask::TaskInbox,
    call::{caller::Principal, stamp::ContractStamp},
    sync,
};

/// Time for which a finished task and its result are kept.
pub(super) const RESULT_RETENTION: Duration = Duration::from_secs(600);

/// A call that continues as a task.
#[derive(Debug)]
pub(crate) struct Task {
    /// Random UUID (version 4). Only the task's owner finds the task by this id.
    pub(crate) id: String,
    /// The caller who started the task: issuer, tenant, user and agent.
    pub(super) owner: Principal,
    created_at: DateTime<Utc>,
    /// Contract of the called tool, and the names of the tools whose disabling blocks requests about the task. Set
    /// before the task runs.
    tool: OnceLock<TaskTool>,
    /// Maximum duration of the call, without the time in which the call waits for a person's answers.
    pub(super) timeout: Duration,
    /// The call's open questions to a person, and its last progress message. The client reads both by `tasks/get`.
    pub(crate) inbox: Arc<TaskInbox>,
    current: Mutex<CurrentState>,
    /// Cancelled by [`cancel`](Self::cancel).
    pub(super) cancelled: CancellationToken,
}

/// The tool whose call continues as a task.
#[derive(Debug)]
pub(crate) struct TaskTool {
    pub(crate) stamp: Arc<ContractStamp>,
    /// Name of the tool and, for an adapter (an older version that calls a newer one), of its targets.
    pub(crate) names: Vec<&'static str>,
}

#[derive(Debug)]
struct CurrentState {
    state: TaskState,
    /// Time of the last change of `state`.
    since: DateTime<Utc>,
}

/// State of a task. The status that clients see has the same name, except for `Working` with open questions:
/// `input_required`.
#[derive(Clone, Debug)]
pub(crate) enum TaskState {
    Working,
    /// The call ended with this result, as JSON. An error of the tool is also a result (`isError`).
    Completed(Arc<RawValue>),
    /// The call ended with this JSON-RPC error, as JSON. The server also sets such an error if the task ran out of
    /// time, or if the call's result couldn't be kept.
    Failed(Arc<RawValue>),
    Cancelled,
}

/// A task as its client sees it in `tasks/get`.
#[derive(Clone, Debug)]
pub(crate) struct TaskView {
    pub(crate) state: TaskState,
    /// Open questions as `InputRequests`. If there are any, the status is `input_required`.
    pub(crate) input_requests: Map<String, Value>,
    /// Time of creation (RFC 3339).
    pub(crate) created_at: String,
    /// Time of the last change of the state, a question or the progress message (RFC 3339).
    pub(crate) updated_at: String,
    /// Last progress message (`statusMessage`).
    pub(crate) message: Option<String>,
    /// Time from creation until the task is removed, in milliseconds (`ttlMs`); an estimate for a working task.
    pub(crate) ttl_ms: u64,
}

/// Outcome of a task's call: the result or the JSON-RPC error, as JSON.
pub(crate) enum TaskOutcome {
    Result(Box<RawValue>),
    Error(Box<RawValue>),
}

impl TaskOutcome {
    /// Returns the JSON-RPC error `-32603` (internal error) with this message.
    pub(super) fn error(message: &str) -> Self {
        let error = json!({ "code": ErrorCode::INTERNAL_ERROR, "message": message });
        TaskOutcome::Error(serde_json::value::to_raw_value(&error).unwrap_or_default())
    }

    /// Returns the size of the JSON, in bytes.
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
            tool: OnceLock::new(),
            timeout,
            inbox: Arc::default(),
            current: Mutex::new(CurrentState { state: TaskState::Working, since: created_at }),
            cancelled: CancellationToken::new(),
        }
    }

    /// Sets the tool. Has no effect if the tool is already set.
    pub(crate) fn set_tool(&self, tool: TaskTool) {
        drop(self.tool.set(tool));
    }

    pub(crate) fn tool(&self) -> Option<&TaskTool> {
        self.tool.get()
    }

    /// Cancels the task if it is running: `Tasks::run` then drops the call and sets the state `Cancelled`. A finished
    /// task keeps its state.
    pub(crate) fn cancel(&self) {
        self.cancelled.cancel();
    }

    /// Sets the final state: `Completed` or `Failed` for an outcome, `Cancelled` for `None`.
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

    pub(crate) fn is_working(&self) -> bool {
        matches!(self.current().state, TaskState::Working)
    }

    /// Returns the time of the last change of state.
    pub(super) fn state_since(&self) -> DateTime<Utc> {
        self.current().since
    }

    /// Returns the size of the kept result or error, in bytes; 0 if there is none.
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
        // The end of a working task isn't known, because waiting for answers extends the deadline. `ttlMs` assumes that
        // the task still runs for its whole timeout.
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
