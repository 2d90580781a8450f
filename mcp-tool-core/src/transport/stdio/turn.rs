//! Whose turn it is to take messages. They are taken in order, by one at a time, which runs each call as far as it gets
//! at once: so a quick one costs neither a task nor a change of threads. That is the thread that reads; where it would
//! have to wait, a task goes on in its place and it reads on. Whoever is kept by a function that doesn't give way loses
//! the turn, and a thread that reads also the input.

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
    lines::{Inbox, Input},
    lock,
};

/// How long a function may keep whoever takes messages, at least; at most twice as long.
const TICK: Duration = Duration::from_millis(10);
/// Ticks without a call after which nobody looks any more.
const QUIET: u32 = 10;
/// Calls that are taken before other tasks have their turn.
const AT_ONCE: u32 = 32;

/// Who takes messages.
pub(super) struct Turn {
    place: Mutex<Place>,
    inbox: Arc<Inbox>,
    calls: Calls,
    runtime: Handle,
    /// Somebody looks whether the turn has to be given to another.
    watched: AtomicBool,
    begun: Notify,
}

/// Where lies what others may take.
#[derive(Default)]
struct Place {
    /// While there are no messages.
    idle: Option<Box<Connection>>,
    /// While a call is run.
    state: Option<Box<Connection>>,
    /// Calls that were run so far: the last of them is the one that is run.
    steps: u64,
    /// While the thread that reads takes messages.
    input: Option<Reading>,
    /// The task that takes messages in place of that thread.
    task: Option<AbortHandle>,
    ended: bool,
}

/// What the thread that reads needs.
struct Reading {
    input: Input,
    _ended: DropGuard,
}

/// Messages that are taken until there are none, or others should have their turn: then the connection comes back.
type Pass = Pin<Box<dyn Future<Output = Option<Box<Connection>>> + Send>>;

impl Turn {
    pub(super) fn new(connection: Connection, inbox: Arc<Inbox>, calls: Calls) -> Arc<Self> {
        Arc::new(Turn {
            place: Mutex::new(Place { idle: Some(Box::new(connection)), ..Place::default() }),
            inbox,
            calls,
            runtime: Handle::current(),
            watched: AtomicBool::new(false),
            begun: Notify::new(),
        })
    }

    /// Takes what comes from now on; `ended` is cancelled at the end of the input.
    pub(super) fn start(
        self: &Arc<Self>,
        input: impl Read + Send + 'static,
        ended: CancellationToken,
    ) -> std::io::Result<()> {
        Arc::clone(self).read(Reading { input: Input::new(input), _ended: ended.drop_guard() })
    }

    /// Takes no more messages; a call that is run at once still comes to its end.
    pub(super) fn end(&self) {
        self.inbox.close();
        let mut place = lock(&self.place);
        place.ended = true;
        if let Some(task) = &place.task {
            task.abort();
        }
        let (idle, mut state) = (place.idle.take(), place.state.take());
        if let Some(connection) = &mut state {
            connection.leave_behind();
        }
        drop(place);
        drop((idle, state));
    }

    fn read(self: Arc<Self>, reading: Reading) -> std::io::Result<()> {
        std::thread::Builder::new().name("stdin".into()).spawn(move || self.read_all(reading))?;
        Ok(())
    }

    fn read_all(self: Arc<Self>, mut reading: Reading) {
        loop {
            let read = reading.input.read().unwrap_or_else(|error| {
                tracing::error!(%error, "the input can't be read");
                None
            });
            let is_end = read.is_none();
            for arrived in read.into_iter().flatten().flatten() {
                if !self.inbox.put(arrived) {
                    return;
                }
            }
            if is_end {
                self.inbox.end();
            }
            let mut place = lock(&self.place);
            let Some(connection) = place.idle.take() else {
                // A task takes it.
                if is_end || place.ended {
                    return;
                }
                continue;
            };
            let running = self.calls.tasks.token();
            if !is_end {
                place.input = Some(reading);
            }
            drop(place);
            self.take_here(connection, running);
            match lock(&self.place).input.take() {
                Some(back) => reading = back,
                None => return,
            }
        }
    }

    /// Takes messages on this thread as long as there are some, and nothing has to be waited for.
    fn take_here(self: &Arc<Self>, mut connection: Box<Connection>, _running: TaskTrackerToken) {
        connection.begins();
        let mut next = Some(connection);
        while let Some(connection) = next {
            let mut pass: Pass = Box::pin(Arc::clone(self).pass(connection));
            // Within the runtime, which each time gives a fresh share of what may be done without waiting.
            next = match self.runtime.block_on(poll_fn(|cx| Poll::Ready(self.poll(&mut pass, cx)))) {
                Poll::Ready(next) => next,
                Poll::Pending => return Arc::clone(self).go_on(&mut lock(&self.place), pass),
            };
        }
    }

    /// Takes messages in a task.
    fn go_on(self: Arc<Self>, place: &mut Place, mut pass: Pass) {
        if place.ended {
            return;
        }
        let (tasks, runtime) = (self.calls.tasks.clone(), self.runtime.clone());
        let taking = async move {
            while let Some(mut connection) = poll_fn(|cx| self.poll(&mut pass, cx)).await {
                tokio::task::yield_now().await;
                connection.begins();
                pass = Box::pin(Arc::clone(&self).pass(connection));
            }
        };
        place.task = Some(tasks.spawn_on(taking, &runtime).abort_handle());
    }

    /// What was answered so far waits for nothing that a message has to wait for.
    fn poll(&self, pass: &mut Pass, cx: &mut Context<'_>) -> Poll<Option<Box<Connection>>> {
        let polled = pass.as_mut().poll(cx);
        if polled.is_pending() {
            self.calls.writer.flush();
        }
        polled
    }

    async fn pass(self: Arc<Self>, mut connection: Box<Connection>) -> Option<Box<Connection>> {
        let mut run = 0;
        while run < AT_ONCE {
            let call = match connection.take().await {
                Taken::Call(call) => call,
                Taken::Nothing => {
                    connection.flush();
                    connection = self.rest(connection)?;
                    continue;
                }
                Taken::End => {
                    connection.flush();
                    return None;
                }
            };
            run += 1;
            if !connection.runs_at_once() {
                self.calls.spawn(call);
                continue;
            }
            let id = call.id.clone();
            let step = self.lend(connection, id.clone());
            let came_to = call.step();
            match self.take_back(step) {
                Some(back) => connection = back,
                None => {
                    let calls = self.calls.clone();
                    self.calls.tasks.spawn(async move { calls.catch_up(id, came_to).await });
                    return None;
                }
            }
            connection.stepped(came_to);
        }
        connection.flush();
        Some(connection)
    }

    /// Lets the thread that reads have the connection, unless something came.
    fn rest(&self, connection: Box<Connection>) -> Option<Box<Connection>> {
        let mut place = lock(&self.place);
        if !self.inbox.is_empty() {
            return Some(connection);
        }
        // What can't lie there any more ends with this.
        if !place.ended {
            place.idle = Some(connection);
        }
        None
    }

    /// Puts the connection where another can take it; gives the number of the call that is run now.
    fn lend(&self, mut connection: Box<Connection>, id: Id) -> u64 {
        connection.stepping(id);
        let mut place = lock(&self.place);
        place.steps += 1;
        let step = place.steps;
        if place.ended {
            connection.leave_behind();
        } else {
            place.state = Some(connection);
        }
        drop(place);
        // After the step was counted: who stops watching counts again afterwards.
        if !self.watched.load(Ordering::Relaxed) && !self.watched.swap(true, Ordering::Relaxed) {
            self.begun.notify_one();
        }
        step
    }

    fn take_back(&self, step: u64) -> Option<Box<Connection>> {
        let mut place = lock(&self.place);
        if place.steps == step { place.state.take() } else { None }
    }

    /// Gives the turn to another where the same call is run as at the tick before; gives the calls so far.
    fn tick(self: &Arc<Self>, seen: u64) -> u64 {
        let mut place = lock(&self.place);
        if place.steps == seen
            && let Some(mut connection) = place.state.take()
        {
            connection.leave_behind();
            let pass = Box::pin(Arc::clone(self).pass(connection));
            Arc::clone(self).go_on(&mut place, pass);
            if let Some(reading) = place.input.take()
                && let Err(error) = Arc::clone(self).read(reading)
            {
                tracing::error!(%error, "the input can't be read on");
                self.inbox.end();
            }
        }
        place.steps
    }

    /// Looks whether whoever takes messages is kept by a function, as long as calls come.
    pub(super) async fn watch(self: Arc<Self>) {
        loop {
            self.begun.notified().await;
            let (mut seen, mut quiet) = (0, 0);
            while quiet < QUIET {
                tokio::time::sleep(TICK).await;
                let steps = self.tick(seen);
                quiet = if steps == seen { quiet + 1 } else { 0 };
                seen = steps;
            }
            self.watched.store(false, Ordering::Relaxed);
            // Whoever began meanwhile saw that somebody watched.
            if lock(&self.place).steps != seen && !self.watched.swap(true, Ordering::Relaxed) {
                self.begun.notify_one();
            }
        }
    }
}
