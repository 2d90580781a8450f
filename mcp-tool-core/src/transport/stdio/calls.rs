//! Calls in flight. Normally, the thread or task that processes messages polls a call once, so that a short call needs
//! no task of its own. If the call then has to wait, it continues as a Tokio task.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use futures_util::FutureExt as _;
use tokio::task::AbortHandle;
use tokio_util::{sync::ReusableBoxFuture, task::TaskTracker};

use super::{
    super::{
        id::Id,
        protocol_error::{ProtocolError, code},
        response::FramedResponse,
    },
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
    /// The call panicked outside of the tool's function, so it is answered with [`panicked`]. (A panic in the function
    /// is an outcome of the call.)
    Panicked,
}

/// Returns the response to a call that panicked outside of the tool's function.
pub(super) fn panicked(id: &Id) -> FramedResponse {
    tracing::error!("a call panicked outside of its tool's function");
    let error = ProtocolError::new(code::INTERNAL, "the request failed; the reason is in the server's log");
    FramedResponse::protocol_error(&error.with_id(id))
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
        self.spawn_in(&mut lock(&self.running), call);
    }

    /// Continues a call as a Tokio task. `running` stays locked until the task is in it, because the task sends a
    /// response only if it is in `running`.
    fn spawn_in(&self, running: &mut HashMap<Id, Option<AbortHandle>>, call: StartedCall) {
        let StartedCall { id, response } = call;
        let task = self.tasks.spawn({
            let (calls, id) = (self.clone(), id.clone());
            async move {
                let response = AssertUnwindSafe(response).catch_unwind().await;
                calls.send(&id, response.unwrap_or_else(|_| panicked(&id))).await;
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
            FirstPoll::Pending(call) => {
                let mut running = lock(&self.running);
                // Otherwise the call was cancelled during its first poll. Both steps happen under one lock, so that no
                // cancellation is lost between them.
                if running.contains_key(&id) {
                    self.spawn_in(&mut running, call);
                }
            }
            FirstPoll::Panicked => self.send(&id, panicked(&id)).await,
        }
    }

    /// Sends a call's response, unless the call was cancelled.
    async fn send(&self, id: &Id, response: FramedResponse) {
        if lock(&self.running).remove(id).is_some() {
            self.writer.send(response.body).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{pending, poll_fn},
        io::{BufRead as _, BufReader},
    };

    use super::{super::output::write_lines, *};

    /// Returns a list of calls, and the lines of its output.
    fn calls() -> (Calls, impl Iterator<Item = String>) {
        let Ok((reader, output)) = std::io::pipe() else { panic!("no pipe") };
        let Ok((writer, _)) = write_lines(output) else { panic!("no thread") };
        (Calls::new(writer), BufReader::new(reader).lines().map_while(Result::ok))
    }

    fn started(id: &Id, response: impl Future<Output = FramedResponse> + Send + 'static) -> StartedCall {
        StartedCall { id: id.clone(), response: ResponseFuture::new(response) }
    }

    #[tokio::test]
    async fn panicked_call_is_answered_and_frees_its_id() {
        let (calls, mut lines) = calls();
        let id = Id::Integer(7);
        // Panics at the second poll, outside of any tool.
        let mut polls = 0;
        let call = started(
            &id,
            poll_fn(move |cx| {
                polls += 1;
                assert!(polls < 2, "a call panics in this test");
                cx.waker().wake_by_ref();
                Poll::Pending
            }),
        );
        calls.spawn(call);
        calls.tasks.close();
        calls.tasks.wait().await;
        assert!(!calls.is_running(&id), "the id of the call stays in use");
        // Panics at the first poll, while another task processes messages.
        let call = started(&id, poll_fn(|_| panic!("a call panics in this test")));
        calls.detach(id.clone());
        calls.reattach(id.clone(), call.poll_once()).await;
        assert!(!calls.is_running(&id), "the id of the detached call stays in use");
        calls.writer.flush();
        for _ in 0..2 {
            let line = lines.next().unwrap_or_default();
            assert!(line.contains(r#""id":7"#) && line.contains("-32603"), "{line}");
        }
    }

    #[tokio::test]
    async fn call_that_was_cancelled_during_its_first_poll_is_not_continued() {
        let (calls, _lines) = calls();
        let id = Id::Integer(7);
        calls.detach(id.clone());
        let polled = started(&id, pending()).poll_once();
        assert!(calls.cancel(&id));
        calls.reattach(id.clone(), polled).await;
        assert!(!calls.is_running(&id), "the cancelled call was continued");
    }
}
