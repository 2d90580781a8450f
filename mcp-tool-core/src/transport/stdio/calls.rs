//! Calls in flight: those that are run where they were taken, as far as they get at once, and those that go on by
//! themselves.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use tokio::task::AbortHandle;
use tokio_util::{sync::ReusableBoxFuture, task::TaskTracker};

use super::{
    super::{answer::Framed, id::Id},
    lock,
    output::Writer,
};

/// A call that was admitted.
pub(super) struct Begun {
    pub(super) id: Id,
    pub(super) answer: Answering,
}

/// What gives a call's answer, in a box that takes another call after it.
pub(super) type Answering = ReusableBoxFuture<'static, Framed>;

/// What a call came to at once.
pub(super) enum Step {
    /// Done, and what gave the answer.
    Done(Framed, Answering),
    Waits(Begun),
    /// It panicked, outside of its function: nothing can be said of it.
    Broken,
}

impl Begun {
    /// Runs it as far as it gets without waiting.
    pub(super) fn step(mut self) -> Step {
        // Whoever carries it on asks it again, and is the one that is woken.
        let mut cx = Context::from_waker(Waker::noop());
        match catch_unwind(AssertUnwindSafe(|| self.answer.poll(&mut cx))) {
            Ok(Poll::Ready(framed)) => Step::Done(framed, self.answer),
            Ok(Poll::Pending) => Step::Waits(self),
            Err(_) => Step::Broken,
        }
    }
}

/// The calls that go on while further messages are taken.
#[derive(Clone)]
pub(super) struct Calls {
    /// Without a handle, a call that is still where it was taken.
    running: Arc<Mutex<HashMap<Id, Option<AbortHandle>>>>,
    pub(super) writer: Writer,
    /// All that runs for this client.
    pub(super) tasks: TaskTracker,
}

impl Calls {
    pub(super) fn new(writer: Writer) -> Self {
        Calls { running: Arc::default(), writer, tasks: TaskTracker::new() }
    }

    pub(super) fn is_running(&self, id: &Id) -> bool {
        lock(&self.running).contains_key(id)
    }

    /// Lets a call go on by itself.
    pub(super) fn spawn(&self, call: Begun) {
        let Begun { id, answer } = call;
        // Held until the task is known under its id, so that it can't end before.
        let mut running = lock(&self.running);
        let task = self.tasks.spawn({
            let (calls, id) = (self.clone(), id.clone());
            async move {
                let framed = answer.await;
                calls.answer(&id, framed).await;
            }
        });
        running.insert(id, Some(task.abort_handle()));
    }

    /// Gives a call up, whose answer nobody wants; false where there is none of that id.
    pub(super) fn cancel(&self, id: &Id) -> bool {
        match lock(&self.running).remove(id) {
            Some(task) => {
                task.inspect(AbortHandle::abort);
                true
            }
            None => false,
        }
    }

    pub(super) fn cancel_all(&self) {
        for (_, task) in lock(&self.running).drain() {
            task.inspect(AbortHandle::abort);
        }
    }

    /// Others take messages while that call is where it was taken.
    pub(super) fn left_behind(&self, id: Id) {
        lock(&self.running).insert(id, None);
    }

    /// The end of a call that was left behind, or what it does next.
    pub(super) async fn catch_up(&self, id: Id, step: Step) {
        match step {
            Step::Done(framed, _) => self.answer(&id, framed).await,
            Step::Waits(call) if self.is_running(&id) => self.spawn(call),
            // It was cancelled meanwhile.
            Step::Waits(call) => drop(call),
            Step::Broken => {
                lock(&self.running).remove(&id);
            }
        }
    }

    /// Sends a call's answer, unless it was cancelled.
    async fn answer(&self, id: &Id, framed: Framed) {
        if lock(&self.running).remove(id).is_some() {
            self.writer.send(framed.body).await;
        }
    }
}
