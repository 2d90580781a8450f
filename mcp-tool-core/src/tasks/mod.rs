//! Calls that continue as tasks (SEP-2663): the call runs in the background, and its client polls for the result.
//!
//! Tasks are kept in memory only: they end with the process, and other replicas of the server don't know them.

mod task;

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use mcp_tool_contract::{exhaustive, model::TaskSupport};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use task::RESULT_RETENTION;
pub(crate) use task::{Task, TaskOutcome, TaskState, TaskTool, TaskView};

use crate::{
    ask::{Capability, TASKS},
    call::{
        caller::{Caller, Principal},
        context::CallContext,
    },
    error::ToolError,
    shares::Shares,
    sync,
    user_rate::UserRate,
};

/// Maximum running tasks of one user, and also maximum finished tasks of one user that are kept.
const MAX_PER_USER: usize = 32;
/// Maximum running tasks of one server. A server that allows fewer than 2,000 concurrent calls has a lower maximum:
/// half of its concurrent calls.
const MAX_RUNNING: u32 = 1_000;
/// Maximum total size of the results of finished tasks that are kept, in bytes (64 MiB).
const MAX_RESULT_BYTES: usize = 64 << 20;
/// Timeout of a call that continues as a task and whose tool declares no `timeout`. Also the maximum time, in total,
/// for which a task's call may wait for a person's answers to its questions.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3_600);
/// Poll interval that the server suggests to clients, in milliseconds.
pub(crate) const POLL_MS: u64 = 1_000;
/// Maximum requests about tasks of one user per second. A client that polls its 32 running tasks at the suggested
/// interval sends a third of this.
pub(crate) const MAX_REQUESTS_PER_SECOND: u32 = 100;
/// Maximum time at shutdown to wait for the audit records of cancelled tasks.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// The tasks of a server.
#[derive(Clone, Debug)]
pub(crate) struct Tasks {
    max_running: usize,
    /// Maximum running tasks of one user who isn't the local user: at most [`MAX_PER_USER`].
    user_share: usize,
    /// Maximum finished tasks of one user who isn't the local user that are kept: at most [`MAX_PER_USER`].
    max_finished: usize,
    /// Running tasks, and finished tasks whose outcome is kept.
    store: Arc<Mutex<TaskStore>>,
    /// Requests about tasks of each user in the current second.
    requests: Arc<Mutex<UserRate>>,
    /// The tokio tasks that run the calls, for the wait at shutdown.
    running: TaskTracker,
}

#[derive(Debug, Default)]
struct TaskStore {
    /// The tasks by [`Task::id`].
    tasks: HashMap<String, Arc<Task>>,
    /// Total size of the kept results, in bytes.
    result_bytes: usize,
}

impl Tasks {
    /// Allows half of the server's maximum of concurrent `calls` to be running tasks, at least 1 and at most
    /// [`MAX_RUNNING`].
    pub(crate) fn for_concurrency(calls: u32, shares: &Shares) -> Self {
        let max_running = MAX_RUNNING.min((calls / 2).max(1));
        Tasks {
            max_running: max_running as usize,
            user_share: MAX_PER_USER.min(shares.of(max_running) as usize),
            max_finished: MAX_PER_USER.min(shares.of(4 * max_running) as usize / 2).max(1),
            store: Arc::default(),
            requests: Arc::default(),
            running: TaskTracker::new(),
        }
    }

    /// Adds a task that may run for `timeout`, before [`run`](Self::run) starts it. Returns `None` if the user or the
    /// server has its maximum of running tasks, or if running and kept finished tasks together are four times the
    /// server's maximum of running tasks.
    pub(crate) fn reserve(&self, caller: &Caller, timeout: Duration) -> Option<Arc<Task>> {
        let owner = Principal::clone(caller.principal());
        let mut store = self.lock();
        if store.tasks.len() >= 4 * self.max_running {
            return None;
        }
        let (running, of_user): (usize, usize) =
            store.tasks.values().filter(|task| task.is_working()).fold((0, 0), |(running, of_user), task| {
                (running + 1, of_user + usize::from(task.owner.is_same_user(&owner)))
            });
        let max_of_user = if caller.is_local() { MAX_PER_USER } else { self.user_share };
        if running >= self.max_running || of_user >= max_of_user {
            return None;
        }
        let task = Arc::new(Task::new(owner, timeout));
        store.tasks.insert(task.id.clone(), Arc::clone(&task));
        Some(task)
    }

    /// Runs a task's call in the background, and keeps its outcome for [`RESULT_RETENTION`].
    pub(crate) fn run(&self, task: &Arc<Task>, call: impl Future<Output = TaskOutcome> + Send + 'static) {
        // The call checks its own deadline, which is extended while the call waits for a person's answers. This limit
        // ends a call that waits for longer than `DEFAULT_TIMEOUT` in total.
        let latest_end = Instant::now() + task.timeout + DEFAULT_TIMEOUT;
        let (tasks, task) = (self.clone(), Arc::clone(task));
        self.running.spawn(async move {
            let outcome = tokio::select! {
                // If the call ended just before it was cancelled, its outcome counts.
                biased;
                outcome = call => Some(outcome),
                () = task.cancelled.cancelled() => None,
                () = tokio::time::sleep_until(latest_end) => Some(TaskOutcome::error("the task ran out of time")),
            };
            tasks.keep(&task, outcome);
            // The timer below holds only the id, so that evicting the task earlier frees the memory of its result.
            let id = task.id.clone();
            drop(task);
            tokio::spawn(async move {
                tokio::time::sleep(RESULT_RETENTION).await;
                tasks.lock().remove(&id);
            });
        });
    }

    /// Keeps a task's outcome; `None` is for a cancelled task. If the user has [`MAX_PER_USER`] finished tasks, evicts
    /// the oldest of these. If all results together exceed [`MAX_RESULT_BYTES`], evicts the oldest finished tasks of
    /// the user whose results have the most bytes. A result that still doesn't fit is replaced by an error.
    fn keep(&self, task: &Task, outcome: Option<TaskOutcome>) {
        let mut store = self.lock();
        let size = outcome.as_ref().map_or(0, TaskOutcome::size);
        let max_finished = if task.owner.is_local() { MAX_PER_USER } else { self.max_finished };
        while store.finished(&task.owner).count() >= max_finished && store.remove_oldest(&task.owner) {}
        // A result that is larger than the limit evicts nothing, because it can't be kept anyway.
        while size <= MAX_RESULT_BYTES
            && store.result_bytes + size > MAX_RESULT_BYTES
            && let Some(largest_owner) = store.user_with_most_bytes(&task.owner, size)
            && store.remove_oldest(&largest_owner)
        {}
        let outcome = match outcome {
            Some(_) if store.result_bytes + size > MAX_RESULT_BYTES => {
                Some(TaskOutcome::error("the call ended, and its result is too large to be kept"))
            }
            outcome => outcome,
        };
        store.result_bytes += outcome.as_ref().map_or(0, TaskOutcome::size);
        task.finish(outcome);
    }

    fn lock(&self) -> MutexGuard<'_, TaskStore> {
        sync::lock(&self.store)
    }

    /// Returns the caller's task with this id; `None` if no task has this id, or if the task is another caller's.
    pub(crate) fn find(&self, id: &str, caller: &Caller) -> Option<Arc<Task>> {
        let store = self.lock();
        store.tasks.get(id).filter(|task| task.owner == **caller.principal()).cloned()
    }

    /// Counts a request about a task at `now`. Returns `false` if the caller's user has sent `max` requests in this
    /// second already.
    pub(crate) fn count_request(&self, caller: &Caller, max: u32, now: std::time::Instant) -> bool {
        sync::lock(&self.requests).take(caller.principal().user_id(), max, now)
    }

    /// Cancels all tasks, and waits at most [`SHUTDOWN_TIMEOUT`] until their audit records are written.
    pub(crate) async fn cancel_all(&self) {
        for task in self.lock().tasks.values() {
            task.cancel();
        }
        self.running.close();
        drop(tokio::time::timeout(SHUTDOWN_TIMEOUT, self.running.wait()).await);
    }
}

impl TaskStore {
    /// Returns the finished tasks of a user with any agent.
    fn finished(&self, user: &Principal) -> impl Iterator<Item = &Arc<Task>> {
        self.tasks.values().filter(move |task| task.owner.is_same_user(user) && !task.is_working())
    }

    /// Returns a caller of the user whose kept results have the most bytes; `None` if no result is kept. `owner` is the
    /// caller of a new result. If its user has kept results, the new result's `new_size` bytes are added to them.
    fn user_with_most_bytes(&self, owner: &Principal, new_size: usize) -> Option<Principal> {
        let mut bytes: HashMap<_, (usize, &Principal)> = HashMap::new();
        for task in self.tasks.values().filter(|task| task.result_size() > 0) {
            let new = if task.owner.is_same_user(owner) { new_size } else { 0 };
            bytes.entry(task.owner.user_id()).or_insert((new, &task.owner)).0 += task.result_size();
        }
        bytes.into_values().max_by_key(|(bytes, _)| *bytes).map(|(_, owner)| owner.clone())
    }

    /// Removes the oldest finished task of a user. Returns `false` if the user has no finished task.
    fn remove_oldest(&mut self, owner: &Principal) -> bool {
        let oldest = self.finished(owner).min_by_key(|task| task.state_since()).map(|task| task.id.clone());
        oldest.is_some_and(|id| self.remove(&id).is_some())
    }

    fn remove(&mut self, id: &str) -> Option<Arc<Task>> {
        let task = self.tasks.remove(id)?;
        self.result_bytes = self.result_bytes.saturating_sub(task.result_size());
        Some(task)
    }
}

/// Refuses the call if its tool needs a client that supports tasks (`task(required)`), but this client doesn't.
///
/// # Errors
/// An error that names the missing capability, [`TASKS`].
pub(crate) fn check_support(cx: &CallContext) -> Result<(), ToolError> {
    let is_required = match cx.contract().task().map(TaskSupport::exhaustive) {
        Some(exhaustive::TaskSupport::Required) => true,
        Some(exhaustive::TaskSupport::Optional) | None => false,
    };
    if !is_required || cx.asking().capabilities().has(Capability::Tasks) {
        return Ok(());
    }
    let message = format!(
        "'{}' needs a client that supports tasks, and this client doesn't declare {TASKS}",
        cx.contract().name()
    );
    Err(ToolError::lacking(TASKS, message))
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    /// Call that never ends.
    fn never() -> impl Future<Output = TaskOutcome> + Send + 'static {
        std::future::pending()
    }

    fn result() -> TaskOutcome {
        result_of_size(2)
    }

    fn result_of_size(bytes: usize) -> TaskOutcome {
        TaskOutcome::Result(RawValue::from_string(format!("\"{}\"", "x".repeat(bytes - 2))).unwrap())
    }

    /// Waits until the task is finished, and returns its state.
    async fn final_state(task: &Task) -> TaskState {
        loop {
            match task.view().state {
                TaskState::Working => tokio::task::yield_now().await,
                state => return state,
            }
        }
    }

    #[tokio::test]
    async fn task_is_found_only_by_its_caller() {
        let tasks = Tasks::for_concurrency(1_024, &Shares::new(50));
        let (ann, bob) = (Caller::new("ann"), Caller::new("bob"));
        let task = tasks.reserve(&ann, DEFAULT_TIMEOUT).unwrap();
        assert!(tasks.find(&task.id, &ann).is_some());
        assert!(tasks.find(&task.id, &bob).is_none());
        // The same user with another agent is another caller.
        assert!(tasks.find(&task.id, &ann.clone().with_agent("other")).is_none());
        assert!(tasks.find("another", &ann).is_none());
    }

    #[tokio::test]
    async fn running_tasks_are_limited_per_user_and_in_total() {
        // 80 concurrent calls allow 40 running tasks in total.
        let tasks = Tasks::for_concurrency(80, &Shares::new(100));
        let begin = |user: &str| tasks.reserve(&Caller::new(user), DEFAULT_TIMEOUT).is_some();
        for _ in 0..MAX_PER_USER {
            assert!(begin("ann"));
        }
        assert!(!begin("ann"));
        for _ in MAX_PER_USER..40 {
            assert!(begin("bob"));
        }
        assert!(!begin("cid"));
    }

    #[tokio::test]
    async fn agents_of_one_user_share_half_of_the_running_tasks() {
        // 8 concurrent calls allow 4 running tasks in total.
        let tasks = Tasks::for_concurrency(8, &Shares::new(50));
        let begin = |user: &str, agent: &str| {
            tasks.reserve(&Caller::new(user).with_agent(agent), DEFAULT_TIMEOUT).is_some()
        };
        assert!(begin("ann", "a") && begin("ann", "b") && !begin("ann", "c"));
        assert!(begin("bob", "a") && begin("bob", "a") && !begin("bob", "a"));
    }

    #[tokio::test]
    async fn finished_tasks_do_not_count_as_running_and_the_oldest_are_evicted() {
        let (tasks, ann) = (Tasks::for_concurrency(80, &Shares::new(100)), Caller::new("ann"));
        let mut ids = Vec::new();
        for _ in 0..3 * MAX_PER_USER {
            let task = tasks.reserve(&ann, DEFAULT_TIMEOUT).unwrap();
            tasks.keep(&task, Some(result()));
            ids.push(task.id.clone());
        }
        // Only a user's newest finished tasks are kept.
        let kept = ids.iter().filter(|id| tasks.find(id, &ann).is_some()).count();
        assert_eq!(kept, MAX_PER_USER);
        assert!(tasks.find(&ids[3 * MAX_PER_USER - 1], &ann).is_some());
        assert_eq!(tasks.lock().result_bytes, 2 * kept);
    }

    #[tokio::test]
    async fn results_of_the_caller_with_the_most_bytes_are_evicted() {
        let (tasks, ann, bob) =
            (Tasks::for_concurrency(80, &Shares::new(100)), Caller::new("ann"), Caller::new("bob"));
        let finished = |caller: &Caller, bytes: usize| {
            let task = tasks.reserve(caller, DEFAULT_TIMEOUT).unwrap();
            tasks.keep(&task, Some(result_of_size(bytes)));
            task.id.clone()
        };
        let of_bob = finished(&bob, MAX_RESULT_BYTES / 4);
        let of_ann: Vec<_> = (0..3).map(|_| finished(&ann, MAX_RESULT_BYTES / 2)).collect();
        // Each new result of ann evicted ann's older one, because ann's results have the most bytes.
        assert!(tasks.find(&of_bob, &bob).is_some());
        assert_eq!(of_ann.iter().filter(|id| tasks.find(id, &ann).is_some()).count(), 1);
        assert!(matches!(tasks.find(&of_ann[2], &ann).unwrap().view().state, TaskState::Completed(_)));
        // ann's next result still fits. For bob's next result, ann's oldest result is evicted, because ann's results
        // have more bytes.
        assert!(tasks.find(&finished(&ann, MAX_RESULT_BYTES / 4), &ann).is_some());
        let more_of_bob = finished(&bob, MAX_RESULT_BYTES / 4);
        assert!([&of_bob, &more_of_bob].iter().all(|id| tasks.find(id, &bob).is_some()));
        assert!(tasks.find(&of_ann[2], &ann).is_none());
        // A result above the maximum evicts no other result.
        let too_large = finished(&ann, MAX_RESULT_BYTES + 1);
        let TaskState::Failed(error) = tasks.find(&too_large, &ann).unwrap().view().state else { panic!() };
        assert!(error.get().contains("too large to be kept"), "{error}");
        assert!(tasks.find(&more_of_bob, &bob).is_some());
        assert!(tasks.lock().result_bytes < MAX_RESULT_BYTES);
    }

    #[tokio::test]
    async fn memory_of_an_evicted_result_is_freed() {
        let (tasks, ann) = (Tasks::for_concurrency(80, &Shares::new(100)), Caller::new("ann"));
        let task = tasks.reserve(&ann, DEFAULT_TIMEOUT).unwrap();
        tasks.run(&task, std::future::ready(result_of_size(1_000)));
        final_state(&task).await;
        let (id, weak) = (task.id.clone(), Arc::downgrade(&task));
        drop(task);
        // Lets the tokio task that `Tasks::run` spawned end.
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        tasks.lock().remove(&id);
        assert_eq!(weak.strong_count(), 0, "the evicted task must be freed at once, not after its retention");
    }

    #[tokio::test(start_paused = true)]
    async fn hanging_task_fails_at_its_time_limit_and_finished_tasks_are_removed() {
        let tasks = Tasks::for_concurrency(8, &Shares::new(100));
        let ann = Caller::new("ann");
        let run = |call: futures_util::future::BoxFuture<'static, TaskOutcome>| {
            let task = tasks.reserve(&ann, Duration::from_secs(1)).unwrap();
            tasks.run(&task, call);
            task
        };
        let completed = run(Box::pin(async { result() }));
        let hanging = run(Box::pin(never()));
        let cancelled = run(Box::pin(never()));
        assert!(matches!(final_state(&completed).await, TaskState::Completed(_)));
        cancelled.cancel();
        assert!(matches!(final_state(&cancelled).await, TaskState::Cancelled));
        completed.cancel();
        assert!(matches!(completed.view().state, TaskState::Completed(_)));
        assert!(matches!(hanging.view().state, TaskState::Working));
        // The timeout, the maximum time of waiting for answers, and a second more.
        tokio::time::sleep(Duration::from_secs(1) + DEFAULT_TIMEOUT + Duration::from_secs(1)).await;
        assert!(matches!(final_state(&hanging).await, TaskState::Failed(_)));
        assert!(tasks.find(&completed.id, &ann).is_none());
        tokio::time::sleep(RESULT_RETENTION + Duration::from_secs(1)).await;
        for task in [completed, hanging, cancelled] {
            assert!(tasks.find(&task.id, &ann).is_none());
        }
        assert_eq!(tasks.lock().result_bytes, 0);
    }
}
