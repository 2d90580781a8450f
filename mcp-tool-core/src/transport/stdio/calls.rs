//! Calls in flight. The thread or task that processes messages polls each call once, and a call that has to wait
//! continues as a task.

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

/// An admitted call that has not finished.
pub(super) struct StartedCall {
    pub(super) id: Id,
    pub(super) response: ResponseFuture,
}

/// A call's future, in a box that is reused for the next call.
pub type ResponseFuture = ReusableBoxFuture<'static, FramedResponse>;

/// The result of a call's first poll.
pub(super) enum FirstPoll {
    /// Finished; the box is free for another call.
    Ready(FramedResponse, ResponseFuture),
    /// The call waits for something.
    Pending(StartedCall),
    /// The call panicked outside of the tool's function, so it has no response.
    Panicked,
}

impl StartedCall {
    /// Polls the call once.
    pub(super) fn poll_once(mut self) -> FirstPoll {
        // The task that continues the call polls it again, with its own waker.
        let mut cx = Context::from_waker(Waker::noop());
        match catch_unwind(AssertUnwindSafe(|| self.response.poll(&mut cx))) {
            Ok(Poll::Ready(response)) => FirstPoll::Ready(response, self.response),
            Ok(Poll::Pending) => FirstPoll::Pending(self),
            Err(_) => FirstPoll::Panicked,
        }
    }
}

/// The calls that run while further messages are processed.
#[derive(Clone)]
pub(super) struct Calls {
    /// By request id. The handle is `None` while the call is still in its first poll.
    running: Arc<Mutex<HashMap<Id, Option<AbortHandle>>>>,
    pub(super) writer: Writer,
    /// All tasks of this client.
    pub(super) tasks: TaskTracker,
}

impl Calls {
    pub(super) fn new(writer: Writer) -> Self {
        Calls { running: Arc::default(), writer, tasks: TaskTracker::new() }
    }

    pub(super) fn is_running(&self, id: &Id) -> bool {
        lock(&self.running).contains_key(id)
    }

    /// Continues a call as a task.
    pub(super) fn spawn(&self, call: StartedCall) {
        let StartedCall { id, response } = call;
        // Locked until the task is listed, so that it can't finish before it is listed.
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

    /// Cancels a call; returns `false` if no call of that id runs.
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

    /// Lists a call that is still in its first poll while another task processes messages.
    pub(super) fn detach(&self, id: Id) {
        lock(&self.running).insert(id, None);
    }

    /// Answers or continues a detached call after its first poll.
    pub(super) async fn reattach(&self, id: Id, polled: FirstPoll) {
        match polled {
            FirstPoll::Ready(response, _) => self.send(&id, response).await,
            FirstPoll::Pending(call) if self.is_running(&id) => self.spawn(call),
            // Cancelled during its first poll.
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
