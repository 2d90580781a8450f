//! Calls that go on as tasks (SEP-2663): their client has gone on with other work, and asks now and then.
//!
//! They are kept in memory: a task ends with its process, and is known to no other replica.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, Utc};
use mcp_tool_contract::model::TaskSupport;
use serde_json::{Map, Value};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    ask::{Capability, Desk, TASKS},
    context::CallContext,
    error::ToolError,
    identity::{Caller, Principal},
};

/// Tasks of one caller that are kept at one time.
const OF_ONE_CALLER: usize = 32;
/// Tasks that are kept at one time, at most.
const MOST: usize = 1_000;
/// Bytes of results that are kept for those who ask.
const MAX_BYTES: usize = 64 << 20;
/// How long a result is kept once the call could have ended.
const KEPT: Duration = Duration::from_secs(600);
/// How long a task may run whose tool doesn't say.
pub(crate) const LONGEST: Duration = Duration::from_secs(3_600);
/// How often a client is told to ask.
pub(crate) const POLL_MS: u64 = 1_000;

/// The tasks of a server.
#[derive(Clone, Debug)]
pub(crate) struct Tasks {
    most: usize,
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    tasks: HashMap<String, Arc<Task>>,
    /// Of the results that are kept.
    bytes: usize,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) id: String,
    owner: Principal,
    created: DateTime<Utc>,
    ttl: Duration,
    /// Where its questions wait for answers.
    pub(crate) desk: Arc<Desk>,
    now: Mutex<Now>,
    cancelled: CancellationToken,
}

#[derive(Debug)]
struct Now {
    state: State,
    updated: DateTime<Utc>,
}

/// What became of a task.
#[derive(Clone, Debug)]
pub(crate) enum State {
    Working,
    /// It waits for answers to these.
    InputRequired(Map<String, Value>),
    /// The call gave this result, one that is an error of its tool's among them.
    Completed(Arc<Map<String, Value>>),
    /// The call gave this error of the protocol's.
    Failed(Arc<Map<String, Value>>),
    Cancelled,
}

/// A task as its client sees it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) state: State,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    pub(crate) ttl_ms: u64,
}

/// The members of the answer that a call came to.
pub(crate) enum Ended {
    Result(Map<String, Value>),
    Error(Map<String, Value>),
}

impl Tasks {
    /// At most half of the calls that may run are tasks.
    pub(crate) fn among(calls: u32) -> Self {
        let most = MOST.min((calls as usize / 2).max(1));
        Tasks { most, held: Arc::default() }
    }

    /// A place for one more task that runs so long, if there is room.
    pub(crate) fn reserve(&self, caller: &Caller, runs: Duration) -> Option<Arc<Task>> {
        let owner = Principal::clone(caller.principal());
        let now = Utc::now();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let own = held.tasks.values().filter(|other| other.owner == owner).count();
        if held.tasks.len() >= self.most || own >= OF_ONE_CALLER || held.bytes >= MAX_BYTES {
            return None;
        }
        let task = Arc::new(Task {
            // Who guesses one hasn't got further: whose it is, is asked too.
            id: Uuid::new_v4().to_string(),
            owner,
            created: now,
            ttl: runs + KEPT,
            desk: Arc::default(),
            now: Mutex::new(Now { state: State::Working, updated: now }),
            cancelled: CancellationToken::new(),
        });
        held.tasks.insert(task.id.clone(), Arc::clone(&task));
        Some(task)
    }

    /// Lets the call go on in its place.
    pub(crate) fn run(&self, task: &Arc<Task>, call: impl Future<Output = Ended> + Send + 'static) {
        let (tasks, task, end) = (self.clone(), Arc::clone(task), Instant::now() + task.ttl);
        tokio::spawn(async move {
            let ended = tokio::select! {
                biased;
                ended = call => Some(ended),
                () = task.cancelled.cancelled() => None,
                () = tokio::time::sleep_until(end) => None,
            };
            let bytes = task.ends(ended);
            tasks.held.lock().unwrap_or_else(PoisonError::into_inner).bytes += bytes;
            tokio::time::sleep_until(end).await;
            let mut held = tasks.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.bytes = held.bytes.saturating_sub(bytes);
            held.tasks.remove(&task.id);
        });
    }

    /// The task of that id, if it is this caller's; to others it isn't there.
    pub(crate) fn find(&self, id: &str, caller: &Caller) -> Option<Arc<Task>> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.tasks.get(id).filter(|task| task.owner == **caller.principal()).cloned()
    }

    /// Gives all of them up.
    pub(crate) fn end(&self) {
        for task in self.held.lock().unwrap_or_else(PoisonError::into_inner).tasks.values() {
            task.cancel();
        }
    }
}

impl Task {
    /// Gives the task up; one that has ended stays as it is.
    pub(crate) fn cancel(&self) {
        self.cancelled.cancel();
    }

    /// Writes down what it came to; gives the bytes that are kept of it.
    fn ends(&self, ended: Option<Ended>) -> usize {
        let (state, bytes) = match ended {
            None => (State::Cancelled, 0),
            Some(Ended::Result(members)) => {
                let bytes = size(&members);
                (State::Completed(Arc::new(members)), bytes)
            }
            Some(Ended::Error(members)) => {
                let bytes = size(&members);
                (State::Failed(Arc::new(members)), bytes)
            }
        };
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Now { state, updated: Utc::now() };
        bytes
    }

    /// As it is now.
    pub(crate) fn seen(&self) -> Seen {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let asks = match now.state {
            State::Working => self.desk.requests(),
            _ => Map::new(),
        };
        let state = if asks.is_empty() { now.state.clone() } else { State::InputRequired(asks) };
        let spelled = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
        Seen {
            state,
            created_at: spelled(self.created),
            updated_at: spelled(now.updated),
            ttl_ms: u64::try_from(self.ttl.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Refuses a call that can be nothing but a task, of a client that doesn't know such.
pub(crate) fn can_begin(cx: &CallContext) -> Result<(), ToolError> {
    let needs = cx.contract().task == Some(TaskSupport::Required);
    if !needs || cx.asking().capabilities().has(Capability::Tasks) {
        return Ok(());
    }
    let message =
        format!("'{}' runs as a task alone, and this client doesn't declare {TASKS}", cx.contract().name);
    Err(ToolError::lacking(TASKS, message))
}

fn size(members: &Map<String, Value>) -> usize {
    serde_json::to_string(members).map_or(0, |text| text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never() -> impl Future<Output = Ended> + Send + 'static {
        std::future::pending()
    }

    fn result() -> Ended {
        Ended::Result(Map::from_iter([("content".to_owned(), Value::Array(Vec::new()))]))
    }

    async fn settled(task: &Task) -> State {
        loop {
            match task.seen().state {
                State::Working => tokio::task::yield_now().await,
                state => return state,
            }
        }
    }

    #[tokio::test]
    async fn a_task_is_its_callers_alone() {
        let tasks = Tasks::among(1_024);
        let (ann, bob) = (Caller::new("ann"), Caller::new("bob"));
        let task = tasks.reserve(&ann, LONGEST).unwrap();
        assert!(tasks.find(&task.id, &ann).is_some());
        assert!(tasks.find(&task.id, &bob).is_none());
        assert!(tasks.find(&task.id, &ann.clone().with_agent("other")).is_none());
        assert!(tasks.find("another", &ann).is_none());
    }

    #[tokio::test]
    async fn one_caller_has_so_many_and_all_have_so_many() {
        let tasks = Tasks::among(80);
        let begin = |user: &str| tasks.reserve(&Caller::new(user), LONGEST).is_some();
        for _ in 0..OF_ONE_CALLER {
            assert!(begin("ann"));
        }
        assert!(!begin("ann"));
        for _ in OF_ONE_CALLER..40 {
            assert!(begin("bob"));
        }
        assert!(!begin("cid"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_ends_and_is_forgotten_in_time() {
        let tasks = Tasks::among(8);
        let ann = Caller::new("ann");
        let begin = |call: futures_util::future::BoxFuture<'static, Ended>| {
            let task = tasks.reserve(&ann, Duration::from_secs(1)).unwrap();
            tasks.run(&task, call);
            task
        };
        let done = begin(Box::pin(async { result() }));
        let hangs = begin(Box::pin(never()));
        let cancelled = begin(Box::pin(never()));
        assert!(matches!(settled(&done).await, State::Completed(_)));
        cancelled.cancel();
        assert!(matches!(settled(&cancelled).await, State::Cancelled));
        done.cancel();
        assert!(matches!(done.seen().state, State::Completed(_)));
        assert!(matches!(hangs.seen().state, State::Working));
        tokio::time::sleep(Duration::from_secs(1) + KEPT + Duration::from_secs(1)).await;
        assert!(matches!(settled(&hangs).await, State::Cancelled));
        tokio::time::sleep(Duration::from_secs(1)).await;
        for task in [done, hangs, cancelled] {
            assert!(tasks.find(&task.id, &ann).is_none());
        }
        assert_eq!(tasks.held.lock().unwrap().bytes, 0);
    }
}
