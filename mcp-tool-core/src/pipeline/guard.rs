//! The deadline and the panic guard.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::FutureExt as _;
use mcp_tool_contract::read::arguments::ArgumentText;
use tokio::time::{Instant, error::Elapsed};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    call::context::CallContext,
    error::{ErrorKind, ToolError},
    tool::{
        Bound, Running,
        result::{Answer, ToolReturn},
    },
};

/// Reads the arguments; a panic in a type's own reading is caught too.
pub fn read<'a>(
    tool: &'a dyn Bound,
    cx: &'a CallContext,
    arguments: &ArgumentText<'_>,
) -> Result<Running<'a>, ToolError> {
    match catch_unwind(AssertUnwindSafe(|| tool.call(cx, arguments))) {
        Ok(read) => read.map_err(ToolError::unread),
        Err(panic) => Err(panicked(&*panic)),
    }
}

/// Runs what isn't part of the function, and may panic all the same.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, ToolError>) -> Result<T, ToolError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// Runs the function until it is done, has panicked, or its time is over.
pub(crate) async fn run(running: Running<'_>, cx: &CallContext) -> Result<ToolReturn, ToolError> {
    let mut guarded = AssertUnwindSafe(running).catch_unwind();
    let _asks = cx.asking().begins();
    // A function that asks waits without end: its call ends with the questions, and is made anew.
    let mut step = |waker: &mut Context<'_>| match Pin::new(&mut guarded).poll(waker) {
        Poll::Pending if cx.asking().poll_asks(waker) => Poll::Ready(None),
        polled => polled.map(Some),
    };
    // What is done at once needs no timer.
    let done = match poll_fn(|waker| Poll::Ready(step(waker))).await {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => in_time(&mut step, cx).await,
    };
    match done {
        Ok(Some(Ok(returned))) => returned,
        Ok(Some(Err(panic))) => Err(panicked(&*panic)),
        Ok(None) => cx.asking().round(cx).map(|asks| ToolReturn::Answer(Answer::Asks(asks))),
        Err(_) => Err(timed_out(cx).unsettled()),
    }
}

/// Goes on until this is done, has panicked, or the call's time is over.
pub(crate) async fn within<F: Future + Unpin>(work: F, cx: &CallContext) -> Result<F::Output, ToolError> {
    let mut guarded = AssertUnwindSafe(work).catch_unwind();
    let mut step = |waker: &mut Context<'_>| Pin::new(&mut guarded).poll(waker);
    let done = match poll_fn(|waker| Poll::Ready(step(waker))).await {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => in_time(&mut step, cx).await,
    };
    match done {
        Ok(Ok(returned)) => Ok(returned),
        Ok(Err(panic)) => Err(panicked(&*panic)),
        Err(_) => Err(timed_out(cx).unsettled()),
    }
}

/// Goes on until the deadline, which moves on by what a person takes to answer.
async fn in_time<T>(
    step: &mut impl FnMut(&mut Context<'_>) -> Poll<T>,
    cx: &CallContext,
) -> Result<T, Elapsed> {
    loop {
        let until = match cx.asking().is_waiting() {
            true => Instant::now() + AGAIN,
            false => cx.deadline(),
        };
        match tokio::time::timeout_at(until, poll_fn(&mut *step)).await {
            Err(_) if cx.asking().is_waiting() || cx.deadline() > Instant::now() => {}
            done => return done,
        }
    }
}

/// How often it is looked whether a person has answered, where the deadline would have passed meanwhile.
const AGAIN: Duration = Duration::from_secs(1);

/// Runs a function that isn't async on the blocking pool. Once it has begun it can't be stopped: whatever it
/// holds of the call's context, the permits among it, it holds until it truly ends. One that still waits for a
/// thread when its call is given up never begins.
pub(crate) async fn blocking<R: Send + 'static>(
    function: impl FnOnce() -> R + Send + 'static,
) -> Result<R, ToolError> {
    match AbortOnDropHandle::new(tokio::task::spawn_blocking(function)).await {
        Ok(returned) => Ok(returned),
        Err(error) => Err(match error.try_into_panic() {
            Ok(panic) => panicked(&*panic),
            Err(error) => ToolError::internal(error),
        }),
    }
}

fn timed_out(cx: &CallContext) -> ToolError {
    let contract = cx.contract();
    let remedy = if contract.hints.read_only { ": try again with less to do" } else { "" };
    ToolError::of(ErrorKind::Timeout, format!("'{}' ran out of time{remedy}", contract.name))
}

fn panicked(panic: &(dyn Any + Send)) -> ToolError {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message");
    ToolError::internal(format!("panicked: {message}")).unsettled()
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    };

    use super::*;

    #[test]
    fn what_still_waits_for_a_thread_when_it_is_given_up_never_begins() {
        let built =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).max_blocking_threads(1).build();
        let Ok(runtime) = built else { panic!("{built:?}") };
        let (release, released) = mpsc::channel::<()>();
        let first = runtime.spawn_blocking(move || released.recv());
        let ran = Arc::new(AtomicBool::new(false));
        let begins = Arc::clone(&ran);
        runtime.block_on(async {
            let mut waiting = Box::pin(blocking(move || begins.store(true, Ordering::Relaxed)));
            assert!(futures_util::poll!(&mut waiting).is_pending());
            drop(waiting);
            drop(release);
            assert!(first.await.is_ok());
            // The one thread takes this after whatever waited before it.
            assert!(blocking(|| ()).await.is_ok());
        });
        assert!(!ran.load(Ordering::Relaxed));
    }
}
