//! Calls that go on as tasks (SEP-2663): their client has gone on with other work, and asks now and then.
//!
//! They are kept in memory: a task ends with its process, and is known to no other replica.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, Utc};
use mcp_tool_contract::model::TaskSupport;
use rmcp::model::ErrorCode;
use serde_json::{Map, Value, json, value::RawValue};
use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    ask::{Capability, TASKS, TaskInbox},
    call::{
        caller::{Caller, Principal},
        context::CallContext,
    },
    error::ToolError,
};

/// Tasks of one caller that run at one time; as many that have ended are kept.
const OF_ONE_CALLER: usize = 32;
/// Tasks that run at one time, at most; four times as many are kept.
const MOST: usize = 1_000;
/// Bytes of results that are kept for those who ask.
const MAX_BYTES: usize = 64 << 20;
/// How long a result is kept.
const KEPT: Duration = Duration::from_secs(600);
/// How long a task may run whose tool doesn't say.
pub(crate) const LONGEST: Duration = Duration::from_secs(3_600);
/// How often a client is told to ask.
pub(crate) const POLL_MS: u64 = 1_000;
/// How long the records of tasks that are given up are waited for.
const GIVEN_UP: Duration = Duration::from_secs(1);

/// The tasks of a server.
#[derive(Clone, Debug)]
pub(crate) struct Tasks {
    most: usize,
    held: Arc<Mutex<Held>>,
    running: TaskTracker,
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
    /// How long it may run.
    runs: Duration,
    /// Where its questions wait for answers.
    pub(crate) desk: Arc<TaskInbox>,
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
    /// The call gave this result, one that is an error of its tool's among them; as JSON.
    Completed(Arc<RawValue>),
    /// The call gave this error of the protocol's; as JSON.
    Failed(Arc<RawValue>),
    Cancelled,
}

/// A task as its client sees it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) state: State,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    /// How far it has come, in its own words.
    pub(crate) says: Option<String>,
    pub(crate) ttl_ms: u64,
}

/// What a call came to, as JSON.
pub(crate) enum Ended {
    Result(Box<RawValue>),
    Error(Box<RawValue>),
}

impl Ended {
    fn error(message: &str) -> Self {
        let error = json!({ "code": ErrorCode::INTERNAL_ERROR, "message": message });
        Ended::Error(serde_json::value::to_raw_value(&error).unwrap_or_default())
    }

    fn bytes(&self) -> usize {
        match self {
            Ended::Result(json) | Ended::Error(json) => json.get().len(),
        }
    }
}

impl Tasks {
    /// At most half of the calls that may run are tasks.
    pub(crate) fn among(calls: u32) -> Self {
        let most = MOST.min((calls as usize / 2).max(1));
        Tasks { most, held: Arc::default(), running: TaskTracker::new() }
    }

    /// A place for one more task that runs so long, if there is room.
    pub(crate) fn reserve(&self, caller: &Caller, runs: Duration) -> Option<Arc<Task>> {
        let owner = Principal::clone(caller.principal());
        let now = Utc::now();
        let mut held = self.lock();
        if held.tasks.len() >= 4 * self.most {
            return None;
        }
        let runs_now = |task: &&Arc<Task>| task.runs();
        let (all, own): (usize, usize) = held
            .tasks
            .values()
            .filter(runs_now)
            .fold((0, 0), |(all, own), task| (all + 1, own + usize::from(task.owner == owner)));
        if all >= self.most || own >= OF_ONE_CALLER {
            return None;
        }
        let task = Arc::new(Task {
            // Who guesses one hasn't got further: whose it is, is asked too.
            id: Uuid::new_v4().to_string(),
            owner,
            created: now,
            runs,
            desk: Arc::default(),
            now: Mutex::new(Now { state: State::Working, updated: now }),
            cancelled: CancellationToken::new(),
        });
        held.tasks.insert(task.id.clone(), Arc::clone(&task));
        Some(task)
    }

    /// Lets the call go on in its place.
    pub(crate) fn run(&self, task: &Arc<Task>, call: impl Future<Output = Ended> + Send + 'static) {
        // The call ends by its own deadline, which people's answers put off; this is for one that doesn't.
        let end = Instant::now() + task.runs + LONGEST;
        let (tasks, task) = (self.clone(), Arc::clone(task));
        let keeping = tasks.clone();
        self.running.spawn(async move {
            let ended = tokio::select! {
                biased;
                ended = call => Some(ended),
                () = task.cancelled.cancelled() => None,
                () = tokio::time::sleep_until(end) => Some(Ended::error("the task ran out of time")),
            };
            tasks.keep(&task, ended);
            // By its id: a result that makes room for others is gone at once.
            let id = task.id.clone();
            drop(task);
            tokio::spawn(async move {
                tokio::time::sleep(KEPT).await;
                keeping.lock().forget(&id);
            });
        });
    }

    /// Keeps what a task came to. Its caller's own older results make room for it, and where all are too large those
    /// of whoever keeps most.
    fn keep(&self, task: &Task, ended: Option<Ended>) {
        let mut held = self.lock();
        let bytes = ended.as_ref().map_or(0, Ended::bytes);
        while held.ended_of(&task.owner).count() >= OF_ONE_CALLER && held.forget_oldest_of(&task.owner) {}
        // One that is too large by itself takes no room from others.
        while bytes <= MAX_BYTES
            && held.bytes + bytes > MAX_BYTES
            && let Some(heaviest) = held.heaviest(&task.owner, bytes)
            && held.forget_oldest_of(&heaviest)
        {}
        let ended = match ended {
            Some(_) if held.bytes + bytes > MAX_BYTES => {
                Some(Ended::error("the call ended, and its result is too large to be kept"))
            }
            ended => ended,
        };
        held.bytes += ended.as_ref().map_or(0, Ended::bytes);
        task.ends(ended);
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The task of that id, if it is this caller's; to others it isn't there.
    pub(crate) fn find(&self, id: &str, caller: &Caller) -> Option<Arc<Task>> {
        let held = self.lock();
        held.tasks.get(id).filter(|task| task.owner == **caller.principal()).cloned()
    }

    /// Gives all of them up, and waits for their records.
    pub(crate) async fn end(&self) {
        for task in self.lock().tasks.values() {
            task.cancel();
        }
        self.running.close();
        drop(tokio::time::timeout(GIVEN_UP, self.running.wait()).await);
    }
}

impl Held {
    fn ended_of(&self, owner: &Principal) -> impl Iterator<Item = &Arc<Task>> {
        self.tasks.values().filter(move |task| task.owner == *owner && !task.runs())
    }

    /// Who keeps most bytes, with so many more of that owner's.
    fn heaviest(&self, owner: &Principal, more: usize) -> Option<Principal> {
        let mut kept: HashMap<&Principal, usize> = HashMap::new();
        for task in self.tasks.values().filter(|task| task.bytes() > 0) {
            *kept.entry(&task.owner).or_insert(if task.owner == *owner { more } else { 0 }) += task.bytes();
        }
        kept.into_iter().max_by_key(|(_, bytes)| *bytes).map(|(owner, _)| owner.clone())
    }

    fn forget_oldest_of(&mut self, owner: &Principal) -> bool {
        let oldest = self.ended_of(owner).min_by_key(|task| task.updated()).map(|task| task.id.clone());
        oldest.is_some_and(|id| self.forget(&id).is_some())
    }

    /// Keeps a task no longer.
    fn forget(&mut self, id: &str) -> Option<Arc<Task>> {
        let task = self.tasks.remove(id)?;
        self.bytes = self.bytes.saturating_sub(task.bytes());
        Some(task)
    }
}

impl Task {
    /// Gives the task up; one that has ended stays as it is.
    pub(crate) fn cancel(&self) {
        self.cancelled.cancel();
    }

    /// Writes down what it came to.
    fn ends(&self, ended: Option<Ended>) {
        let state = match ended {
            None => State::Cancelled,
            Some(Ended::Result(result)) => State::Completed(result.into()),
            Some(Ended::Error(error)) => State::Failed(error.into()),
        };
        *self.now() = Now { state, updated: Utc::now() };
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it hasn't ended.
    fn runs(&self) -> bool {
        matches!(self.now().state, State::Working)
    }

    fn updated(&self) -> DateTime<Utc> {
        self.now().updated
    }

    /// The bytes that are kept of it.
    fn bytes(&self) -> usize {
        match &self.now().state {
            State::Completed(json) | State::Failed(json) => json.get().len(),
            State::Working | State::InputRequired(_) | State::Cancelled => 0,
        }
    }

    /// As it is now.
    pub(crate) fn seen(&self) -> Seen {
        let now = self.now();
        let updated = self.desk.updated().map_or(now.updated, |changed| changed.max(now.updated));
        // How long it is known from its beginning: of one that has ended, more is known.
        let since = |until: DateTime<Utc>| (until - self.created).to_std().unwrap_or_default();
        let ran = match now.state {
            // What people take to answer is no time of its own.
            State::Working => since(Utc::now()) + self.runs,
            _ => since(now.updated),
        };
        let asks = match now.state {
            State::Working => self.desk.requests(),
            _ => Map::new(),
        };
        let state = if asks.is_empty() { now.state.clone() } else { State::InputRequired(asks) };
        let spelled = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
        Seen {
            state,
            created_at: spelled(self.created),
            updated_at: spelled(updated),
            says: self.desk.message(),
            ttl_ms: u64::try_from((ran + KEPT).as_millis()).unwrap_or(u64::MAX),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn never() -> impl Future<Output = Ended> + Send + 'static {
        std::future::pending()
    }

    fn result() -> Ended {
        of_bytes(2)
    }

    fn of_bytes(bytes: usize) -> Ended {
        Ended::Result(RawValue::from_string(format!("\"{}\"", "x".repeat(bytes - 2))).unwrap())
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

    #[tokio::test]
    async fn what_has_ended_takes_no_place_from_what_runs() {
        let (tasks, ann) = (Tasks::among(80), Caller::new("ann"));
        let mut begun = Vec::new();
        for _ in 0..3 * OF_ONE_CALLER {
            let task = tasks.reserve(&ann, LONGEST).unwrap();
            tasks.keep(&task, Some(result()));
            begun.push(task.id.clone());
        }
        // The oldest results are forgotten before those of others are.
        let kept = begun.iter().filter(|id| tasks.find(id, &ann).is_some()).count();
        assert_eq!(kept, OF_ONE_CALLER);
        assert!(tasks.find(&begun[3 * OF_ONE_CALLER - 1], &ann).is_some());
        assert_eq!(tasks.lock().bytes, 2 * kept);
    }

    #[tokio::test]
    async fn who_keeps_most_makes_room() {
        let (tasks, ann, bob) = (Tasks::among(80), Caller::new("ann"), Caller::new("bob"));
        let begun = |caller: &Caller, bytes: usize| {
            let task = tasks.reserve(caller, LONGEST).unwrap();
            tasks.keep(&task, Some(of_bytes(bytes)));
            task.id.clone()
        };
        let of_bob = begun(&bob, MAX_BYTES / 4);
        let of_ann: Vec<_> = (0..3).map(|_| begun(&ann, MAX_BYTES / 2)).collect();
        assert!(tasks.find(&of_bob, &bob).is_some());
        assert_eq!(of_ann.iter().filter(|id| tasks.find(id, &ann).is_some()).count(), 1);
        assert!(matches!(tasks.find(&of_ann[2], &ann).unwrap().seen().state, State::Completed(_)));
        // Who keeps less takes the room of who keeps more, and not the other way round.
        assert!(tasks.find(&begun(&ann, MAX_BYTES / 4), &ann).is_some());
        let more_of_bob = begun(&bob, MAX_BYTES / 4);
        assert!([&of_bob, &more_of_bob].iter().all(|id| tasks.find(id, &bob).is_some()));
        assert!(tasks.find(&of_ann[2], &ann).is_none());
        let too_large = begun(&ann, MAX_BYTES + 1);
        let State::Failed(error) = tasks.find(&too_large, &ann).unwrap().seen().state else { panic!() };
        assert!(error.get().contains("too large to be kept"), "{error}");
        assert!(tasks.find(&more_of_bob, &bob).is_some());
        assert!(tasks.lock().bytes < MAX_BYTES);
    }

    #[tokio::test]
    async fn a_result_that_makes_room_is_gone() {
        let (tasks, ann) = (Tasks::among(80), Caller::new("ann"));
        let task = tasks.reserve(&ann, LONGEST).unwrap();
        tasks.run(&task, std::future::ready(of_bytes(1_000)));
        settled(&task).await;
        let (id, kept) = (task.id.clone(), Arc::downgrade(&task));
        drop(task);
        // Whoever carried it out is done with it too.
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        tasks.lock().forget(&id);
        assert_eq!(kept.strong_count(), 0);
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
        tokio::time::sleep(Duration::from_secs(1) + LONGEST + Duration::from_secs(1)).await;
        assert!(matches!(settled(&hangs).await, State::Failed(_)));
        assert!(tasks.find(&done.id, &ann).is_none());
        tokio::time::sleep(KEPT + Duration::from_secs(1)).await;
        for task in [done, hangs, cancelled] {
            assert!(tasks.find(&task.id, &ann).is_none());
        }
        assert_eq!(tasks.lock().bytes, 0);
    }
}
