//! Decides which thread or task processes messages. Messages are processed one at a time, in order.
//!
//! There is one [`Connection`], the state that is needed to process messages. The thread or task that holds the
//! connection is the processor. The processor itself polls a call for the first time, so a short call needs neither a
//! task nor a thread switch. After a slow first poll, some further calls run as tasks from the start: those for which
//! [`Connection::polls_next_here`] returns `false`. Normally, the reading thread is the processor. If processing has to
//! wait, it continues in a task, and the reading thread reads on. A watchdog ([`watch`](Turn::watch)) ticks every
//! 10 ms. If a call's first poll blocks the processor for one to two ticks, a new task becomes the processor.
//!
//! # States
//!
//! ```text
//!           input received               has to wait
//!   ┌──────┐ ───────────▶ ┌────────┐ ──────────────────▶ ┌──────┐
//!   │ Idle │              │ Thread │                     │ Task │
//!   └──────┘ ◀─────────── └────────┘                     └──────┘
//!       ▲    inbox empty    │    ▲                       │  ▲   │
//!       │             offer │    │ reclaim         offer │  │   │ inbox empty
//!       │                   ▼    │                       ▼  │   │
//!       │                 ┌───────────────────────────────────┐ │
//!       │                 │   Polling: a call's first poll    │ │
//!       │                 └───────────────────────────────────┘ │
//!       └───────────────────────────────────────────────────────┘
//!                                 Polling to Task: reclaim, or tick if the call blocks
//! ```
//!
//! | state | the connection | the input ([`Reader`]) | leaves the state by |
//! |---|---|---|---|
//! | Idle | in [`TurnState::idle`] | on the reading thread, in `read` | the reading thread, after it put lines or the end of the input into the inbox |
//! | Thread | on the reading thread's stack | in [`TurnState::input`]; dropped after the end of the input | the thread: [`park`](Turn::park), [`offer`](Turn::offer), or [`continue_in_task`](Turn::continue_in_task) |
//! | Task | in the task's future | on the reading thread | the task: `park` or `offer` |
//! | Polling | in [`TurnState::polling`] | as in Thread or Task, where the poll began | the processor: [`reclaim`](Turn::reclaim); the watchdog: [`tick`](Turn::tick) |
//!
//! If the processor is still in the same poll as at the previous tick, `tick` takes the connection from
//! `TurnState::polling`. Then `tick` registers the call as [detached](Calls::detach), so that a later message can
//! cancel the call, and starts a task that continues to process messages. If `TurnState::input` has the input, `tick`
//! moves the input to a new reading thread. When the poll of the blocked processor returns, `reclaim` returns `None`.
//! The blocked processor then leaves its call to a task, and ends.
//!
//! After the last message of the input, the processor drops the connection. [`end`](Turn::end) drops a connection in
//! Idle or Polling, and aborts the task. In Thread, the thread drops the connection at its next `park`, `offer` or
//! `continue_in_task`. A call in its first poll still finishes.
//!
//! # Invariants
//!
//! - No input is missed: the reading thread puts lines into the inbox before it looks for an idle connection, and
//!   `park` checks the inbox while it holds the lock of `idle`.
//! - A processor can `reclaim` the connection only if no later poll has begun, because polls are numbered.
//! - Locks are taken in this order: `TurnState`, then the inbox, the calls or the writer.

use std::{
    future::poll_fn,
    io::Read,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{runtime::Handle, sync::Notify, task::AbortHandle};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::task_tracker::TaskTrackerToken,
};

use super::{
    super::id::Id,
    calls::Calls,
    connection::{Connection, Taken},
    lines::{Inbox, LineReader},
};
use crate::sync::lock;

/// Interval of the watchdog's ticks. After one to two intervals in one poll, the processor counts as blocked.
const TICK: Duration = Duration::from_millis(10);
/// Number of ticks without a new poll after which the watchdog stops ticking.
const QUIET_TICKS: u32 = 10;
/// Maximum number of calls that a processor handles before other Tokio tasks may run.
const BATCH_CALLS: u32 = 32;

/// Gives the [`Connection`] to one processor at a time.
pub(super) struct Turn {
    state: Mutex<TurnState>,
    inbox: Arc<Inbox>,
    calls: Calls,
    runtime: Handle,
    /// `true` while the watchdog ticks.
    is_watched: AtomicBool,
    /// Wakes the watchdog.
    polling_began: Notify,
}

/// Location of the connection and of the input. See the table of states in the module's documentation.
#[derive(Default)]
struct TurnState {
    /// The connection while no messages wait.
    idle: Option<Box<Connection>>,
    /// The connection while its processor polls a call.
    polling: Option<Box<Connection>>,
    /// The number of first polls so far, which is also the number of the latest poll.
    polls: u64,
    /// The input while the reading thread processes messages.
    input: Option<Reader>,
    /// The task that last became the processor.
    task: Option<AbortHandle>,
    /// [`Turn::end`] was called.
    ended: bool,
}

/// The input of the reading thread. Dropping it reports the end of the input.
struct Reader {
    input: LineReader,
    _ended: DropGuard,
}

/// Processes one batch of messages. Resolves to the connection if more messages may wait. Resolves to `None` if the
/// connection was [parked](Turn::park), if the watchdog or [`end`](Turn::end) took it, or if the input has ended.
type Batch = Pin<Box<dyn Future<Output = Option<Box<Connection>>> + Send>>;

impl Turn {
    pub(super) fn new(connection: Connection, inbox: Arc<Inbox>, calls: Calls) -> Arc<Self> {
        Arc::new(Turn {
            state: Mutex::new(TurnState { idle: Some(Box::new(connection)), ..TurnState::default() }),
            inbox,
            calls,
            runtime: Handle::current(),
            is_watched: AtomicBool::new(false),
            polling_began: Notify::new(),
        })
    }

    /// Starts the reading thread. `ended` is cancelled when no more input will be read.
    pub(super) fn start(
        self: &Arc<Self>,
        input: impl Read + Send + 'static,
        ended: CancellationToken,
    ) -> std::io::Result<()> {
        Arc::clone(self).spawn_reader(Reader { input: LineReader::new(input), _ended: ended.drop_guard() })
    }

    /// Stops processing messages. A call in its first poll still finishes.
    pub(super) fn end(&self) {
        self.inbox.close();
        let mut state = lock(&self.state);
        state.ended = true;
        if let Some(task) = &state.task {
            task.abort();
        }
        let (idle, mut polling) = (state.idle.take(), state.polling.take());
        if let Some(connection) = &mut polling {
            connection.detach_current();
        }
        drop(state);
        drop((idle, polling));
    }

    fn spawn_reader(self: Arc<Self>, reader: Reader) -> std::io::Result<()> {
        std::thread::Builder::new().name("stdin".into()).spawn(move || self.read_all(reader))?;
        Ok(())
    }

    /// The loop of the reading thread: reads lines, and processes them unless a task is the processor.
    fn read_all(self: Arc<Self>, mut reader: Reader) {
        loop {
            let read = reader.input.read().unwrap_or_else(|error| {
                tracing::error!(%error, "the input can't be read");
                None
            });
            let is_end = read.is_none();
            for received in read.into_iter().flatten().flatten() {
                if !self.inbox.put(received) {
                    return;
                }
            }
            if is_end {
                self.inbox.end();
            }
            let mut state = lock(&self.state);
            let Some(connection) = state.idle.take() else {
                // A task is the processor.
                if is_end || state.ended {
                    return;
                }
                continue;
            };
            let running = self.calls.tasks.token();
            if !is_end {
                state.input = Some(reader);
            }
            drop(state);
            self.process_here(connection, running);
            match lock(&self.state).input.take() {
                Some(back) => reader = back,
                // The input has ended, or the watchdog moved the input to another thread.
                None => return,
            }
        }
    }

    /// Processes messages on this thread until no messages are left. If processing has to wait, continues in a task.
    /// Shutdown waits until `_running` is dropped.
    fn process_here(self: &Arc<Self>, mut connection: Box<Connection>, _running: TaskTrackerToken) {
        connection.resume();
        let mut next = Some(connection);
        while let Some(connection) = next {
            let mut batch: Batch = Box::pin(Arc::clone(self).process_batch(connection));
            // One `block_on` per batch, because each `block_on` starts with a full budget of Tokio's cooperative
            // scheduling. Without budget, Tokio's resources are pending even if they are ready.
            next = match self.runtime.block_on(poll_fn(|cx| Poll::Ready(self.poll(&mut batch, cx)))) {
                Poll::Ready(next) => next,
                Poll::Pending => return Arc::clone(self).continue_in_task(&mut lock(&self.state), batch),
            };
        }
    }

    /// Continues to process messages in a task. After [`end`](Self::end), drops the batch instead.
    fn continue_in_task(self: Arc<Self>, state: &mut TurnState, mut batch: Batch) {
        if state.ended {
            return;
        }
        let (tasks, runtime) = (self.calls.tasks.clone(), self.runtime.clone());
        let processing = async move {
            while let Some(mut connection) = poll_fn(|cx| self.poll(&mut batch, cx)).await {
                tokio::task::yield_now().await;
                connection.resume();
                batch = Box::pin(Arc::clone(&self).process_batch(connection));
            }
        };
        state.task = Some(tasks.spawn_on(processing, &runtime).abort_handle());
    }

    /// Polls a batch. If the batch has to wait, flushes the answers that are queued so far.
    fn poll(&self, batch: &mut Batch, cx: &mut Context<'_>) -> Poll<Option<Box<Connection>>> {
        let polled = batch.as_mut().poll(cx);
        if polled.is_pending() {
            self.calls.writer.flush();
        }
        polled
    }

    async fn process_batch(self: Arc<Self>, mut connection: Box<Connection>) -> Option<Box<Connection>> {
        let mut calls = 0;
        while calls < BATCH_CALLS {
            let call = match connection.take_call().await {
                Taken::Call(call) => call,
                Taken::Nothing => {
                    connection.flush();
                    connection = self.park(connection)?;
                    continue;
                }
                Taken::End => {
                    connection.flush();
                    return None;
                }
            };
            calls += 1;
            if !connection.polls_next_here() {
                self.calls.spawn(call);
                continue;
            }
            let id = call.id.clone();
            let poll = self.offer(connection, id.clone());
            let polled = call.poll_once();
            match self.reclaim(poll) {
                Some(back) => connection = back,
                None => {
                    let calls = self.calls.clone();
                    self.calls.tasks.spawn(async move { calls.reattach(id, polled).await });
                    return None;
                }
            }
            connection.handle_first_poll(polled);
        }
        connection.flush();
        Some(connection)
    }

    /// Leaves the connection to the reading thread, and returns `None`. If lines wait in the inbox, or if the input has
    /// ended, returns the connection instead. After [`end`](Self::end), drops the connection.
    fn park(&self, connection: Box<Connection>) -> Option<Box<Connection>> {
        let mut state = lock(&self.state);
        if !self.inbox.is_empty() {
            return Some(connection);
        }
        if !state.ended {
            state.idle = Some(connection);
        }
        None
    }

    /// Stores the connection where the watchdog can take it during a call's first poll. Returns the number of the poll.
    fn offer(&self, mut connection: Box<Connection>, id: Id) -> u64 {
        connection.set_current(id);
        let mut state = lock(&self.state);
        state.polls += 1;
        let poll = state.polls;
        if state.ended {
            connection.detach_current();
        } else {
            state.polling = Some(connection);
        }
        drop(state);
        // `is_watched` is read after `polls` was increased. A watchdog that stops clears `is_watched` and then reads
        // `polls`. The lock of `state` orders these steps, so either this processor or the watchdog sees the other's
        // write, and the poll is watched.
        if !self.is_watched.load(Ordering::Relaxed) && !self.is_watched.swap(true, Ordering::Relaxed) {
            self.polling_began.notify_one();
        }
        poll
    }

    /// Takes the connection back after the poll with this number. `None` if the watchdog or [`end`](Self::end) has
    /// taken the connection.
    fn reclaim(&self, poll: u64) -> Option<Box<Connection>> {
        let mut state = lock(&self.state);
        if state.polls == poll { state.polling.take() } else { None }
    }

    /// `seen` is the number of the latest poll at the previous tick. If the processor is still in this poll, gives the
    /// connection to a new task. Returns the number of the latest poll.
    fn tick(self: &Arc<Self>, seen: u64) -> u64 {
        let mut state = lock(&self.state);
        if state.polls == seen
            && let Some(mut connection) = state.polling.take()
        {
            connection.detach_current();
            let batch = Box::pin(Arc::clone(self).process_batch(connection));
            Arc::clone(self).continue_in_task(&mut state, batch);
            if let Some(reader) = state.input.take()
                && let Err(error) = Arc::clone(self).spawn_reader(reader)
            {
                tracing::error!(%error, "the reading thread can't be started");
                self.inbox.end();
            }
        }
        state.polls
    }

    /// The watchdog: ticks while calls arrive, and otherwise waits for the next first poll.
    pub(super) async fn watch(self: Arc<Self>) {
        loop {
            self.polling_began.notified().await;
            let (mut seen, mut quiet) = (0, 0);
            while quiet < QUIET_TICKS {
                tokio::time::sleep(TICK).await;
                let polls = self.tick(seen);
                quiet = if polls == seen { quiet + 1 } else { 0 };
                seen = polls;
            }
            self.is_watched.store(false, Ordering::Relaxed);
            // A poll that began before `is_watched` was cleared didn't notify the watchdog, so it is noticed here.
            if lock(&self.state).polls != seen && !self.is_watched.swap(true, Ordering::Relaxed) {
                self.polling_began.notify_one();
            }
        }
    }
}
