//! Calls in flight. Normally, the thread or task that processes messages polls a call once, so that a short call needs
//! no task of its own. If the call then has to wait, it continues as a Tokio task.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use tokio::task::AbortHandle;
use tokio_util::{sync::ReusableBoxFuture, task::TaskTracker};

use super::{
    super::{id::Id, response::FramedResponse},
    output::Writer,
};
use crate::sync::lock;

/// A `tools/call` or `tools/list` request that was accepted and is not answered yet.
pub(super) struct StartedCall {
    pub(super) id: Id,
    pub(super) response: ResponseFuture,
}

/// The future of a response, in a box that a later call can reuse.
pub type ResponseFuture = ReusableBoxFuture<'static, FramedResponse>;

/// The result of a call's first poll.
pub(super) enum FirstPoll {
    /// The call finished. Another call can reuse the box of its future.
    Ready(FramedResponse, ResponseFuture),
    /// The call has to wait, and must be polled again.
    Pending(StartedCall),
    /// The call panicked outside of the tool's function, so it has no response. (A panic in the function is an outcome
    /// of the call.)
    Panicked,
}

impl StartedCall {
    /// Polls the call once.
    pub(super) fn poll_once(mut self) -> FirstPoll {
        // No waker is needed, because the task that continues the call polls it again with a waker of its own.
        let mut cx = Context::from_waker(Waker::noop());
        match catch_unwind(AssertUnwindSafe(|| self.response.poll(&mut cx))) {
            Ok(Poll::Ready(response)) => FirstPoll::Ready(response, self.response),
            Ok(Poll::Pending) => FirstPoll::Pending(self),
            Err(_) => FirstPoll::Panicked,
        }
    }
}

/// The calls that run while further messages are processed. Clones share the calls.
#[derive(Clone)]
pub(super) struct Calls {
    /// The handle of each call's task, by request id. `None` for a [detached](Calls::detach) call, which is still in
    /// its first poll and has no task.
    running: Arc<Mutex<HashMap<Id, Option<AbortHandle>>>>,
    pub(super) writer: Writer,
    /// All Tokio tasks that process messages or run calls of this client.
    pub(super) tasks: TaskTracker,
}

impl Calls {
    pub(super) fn new(writer: Writer) -> Self {
        Calls { running: Arc::default(), writer, tasks: TaskTracker::new() }
    }

    pub(super) fn is_running(&self, id: &Id) -> bool {
        lock(&self.running).contains_key(id)
    }

    /// Continues a call as a Tokio task, which sends the response.
    pub(super) fn spawn(&self, call: StartedCall) {
        let StartedCall { id, response } = call;
        // Locked until the task is in `running`, because the task sends a response only if it is in `running`.
        let mut running = lock(&self.running);
        let task = self.tasks.spawn({
            let (calls, id) = (self.clone(), id.clone());
            async move {
                let response = response.await;
                calls.send(&id, response).await;
            }
        });
        running.insert(id, Some(task.abort_handle()));
    }

    /// Cancels the call with this id. Returns `false` if no such call runs.
    pub(super) fn cancel(&self, id: &Id) -> bool {
        match lock(&self.running).remove(id) {
            Some(task) => {
                task.inspect(AbortHandle::abort);
                true
            }
            None => false,
        }
    }

    /// Cancels all calls, without responses.
    pub(super) fn cancel_all(&self) {
        for (_, task) in lock(&self.running).drain() {
            task.inspect(AbortHandle::abort);
        }
    }

    /// Adds a call to `running` during its first poll, so that a message can cancel the call. Called when another task
    /// begins to process messages, and when processing ends.
    pub(super) fn detach(&self, id: Id) {
        lock(&self.running).insert(id, None);
    }

    /// Answers or continues a [detached](Self::detach) call after its first poll, unless the call was cancelled.
    pub(super) async fn reattach(&self, id: Id, polled: FirstPoll) {
        match polled {
            FirstPoll::Ready(response, _) => self.send(&id, response).await,
            FirstPoll::Pending(call) if self.is_running(&id) => self.spawn(call),
            // The call was cancelled during its first poll.
            FirstPoll::Pending(call) => drop(call),
            FirstPoll::Panicked => {
                lock(&self.running).remove(&id);
            }
        }
    }

    /// Sends a call's response, unless the call was cancelled.
    async fn send(&self, id: &Id, response: FramedResponse) {
        if lock(&self.running).remove(id).is_some() {
            self.writer.send(response.body).await;
        }
    }
}
