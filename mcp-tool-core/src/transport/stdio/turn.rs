//! Decides which thread or task processes messages. Messages are processed one at a time, in order.
//!
//! There is one [`Connection`]. The thread or task that holds it is the processor. The processor polls each call once
//! itself, so a short call costs neither a task nor a thread switch. By default, the reading thread is the processor.
//! If processing has to wait, it continues in a task, and the reading thread reads on. If a tool's function blocks the
//! processor for longer than a tick of the watchdog, a new task becomes the processor.
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
//! | Idle | in [`TurnState::idle`] | on the reading thread, in `read` | the reading thread, after it filled the inbox |
//! | Thread | on the reading thread's stack | in [`TurnState::input`]; dropped after the end of the input | the thread: [`park`](Turn::park), [`offer`](Turn::offer), or [`continue_in_task`](Turn::continue_in_task) |
//! | Task | in the task's future | on the reading thread | the task: `park` or `offer` |
//! | Polling | in [`TurnState::polling`] | as in the state before | the processor: [`reclaim`](Turn::reclaim); the watchdog: [`tick`](Turn::tick) |
//!
//! `tick` takes the connection from a processor that polls the same call as one tick before. It lists the call as
//! detached, starts a task that continues to process messages, and moves an input in `TurnState::input` to a new
//! reading thread. When the poll of the blocked processor returns, `reclaim` returns `None`. This processor then moves
//! its call to a task, and ends.
//!
//! [`end`](Turn::end) drops the connection from Idle and Polling, and aborts the task; a call in its first poll still
//! finishes.
//!
//! # Invariants
//!
//! - No input is missed: the reading thread fills the inbox before it looks for an idle connection, and `park` looks at
//!   the inbox under the lock that protects `idle`.
//! - A processor can `reclaim` the connection only after its own poll, because polls are numbered.
//! - Lock order: `TurnState`, then the inbox, the calls or the writer.

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
/// Ticks without a call after which the watchdog sleeps.
const QUIET_TICKS: u32 = 10;
/// Maximum calls per batch, after which other tasks run.
const BATCH_CALLS: u32 = 32;

/// Passes the [`Connection`] from one processor to the next.
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

/// Location of the connection and of the input. See the table of states.
#[derive(Default)]
struct TurnState {
    /// The connection while no messages wait.
    idle: Option<Box<Connection>>,
    /// The connection while its processor polls a call.
    polling: Option<Box<Connection>>,
    /// The number of polls so far, which is the number of the current one.
    polls: u64,
    /// The input while the reading thread processes messages.
    input: Option<Reader>,
    /// The task that processes messages.
    task: Option<AbortHandle>,
    ended: bool,
}

/// The input of the reading thread; dropping it reports the end of the input.
struct Reader {
    input: LineReader,
    _ended: DropGuard,
}

/// Processes one batch of messages. Resolves to the connection if more may wait, `None` if it was parked or taken.
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

    /// Starts to read; `ended` is cancelled at the end of the input.
    pub(super) fn start(
        self: &Arc<Self>,
        input: impl Read + Send + 'static,
        ended: CancellationToken,
    ) -> std::io::Result<()> {
        Arc::clone(self).spawn_reader(Reader { input: LineReader::new(input), _ended: ended.drop_guard() })
    }

    /// Stops processing messages; a call in its first poll still finishes.
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

    /// The loop of the reading thread: reads lines, and processes them unless a task does.
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
                // The input ended, or the watchdog moved it to another thread.
                None => return,
            }
        }
    }

    /// Processes messages on this thread, until none wait or processing has to wait.
    fn process_here(self: &Arc<Self>, mut connection: Box<Connection>, _running: TaskTrackerToken) {
        connection.resume();
        let mut next = Some(connection);
        while let Some(connection) = next {
            let mut batch: Batch = Box::pin(Arc::clone(self).process_batch(connection));
            // One `block_on` per batch, because each `block_on` starts with a full cooperative budget.
            next = match self.runtime.block_on(poll_fn(|cx| Poll::Ready(self.poll(&mut batch, cx)))) {
                Poll::Ready(next) => next,
                Poll::Pending => return Arc::clone(self).continue_in_task(&mut lock(&self.state), batch),
            };
        }
    }

    /// Continues to process messages in a task.
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

    /// Polls a batch. If the batch has to wait, sends the answers so far.
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

    /// Leaves the connection to the reading thread. Returns it instead if lines wait in the inbox.
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

    /// Offers the connection to the watchdog during a call's first poll; returns the poll's number.
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
        // `is_watched` is read after the poll was counted, because a watchdog that stops clears it and then reads the
        // count.
        if !self.is_watched.load(Ordering::Relaxed) && !self.is_watched.swap(true, Ordering::Relaxed) {
            self.polling_began.notify_one();
        }
        poll
    }

    /// Takes the connection back after a poll; `None` if the watchdog took it.
    fn reclaim(&self, poll: u64) -> Option<Box<Connection>> {
        let mut state = lock(&self.state);
        if state.polls == poll { state.polling.take() } else { None }
    }

    /// Takes the connection from a processor that is still in the poll `seen` of the previous tick, and gives it to a
    /// new task. Returns the number of polls so far.
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
                tracing::error!(%error, "a thread that reads the input can't be started");
                self.inbox.end();
            }
        }
        state.polls
    }

    /// The watchdog: ticks as long as calls arrive.
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
            // A poll that began before `is_watched` was cleared did not wake the watchdog.
            if lock(&self.state).polls != seen && !self.is_watched.swap(true, Ordering::Relaxed) {
                self.polling_began.notify_one();
            }
        }
    }
}
