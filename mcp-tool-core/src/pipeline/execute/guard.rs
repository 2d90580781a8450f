//! Runs application code within the call's deadline, and turns panics into errors.

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
        answer::{ToolAnswer, ToolReturn},
    },
};

/// Reads the arguments. Catches panics, because parameter types may have their own parsing code.
pub fn read<'a>(
    tool: &'a dyn Bound,
    cx: &'a CallContext,
    arguments: &ArgumentText<'_>,
) -> Result<Running<'a>, ToolError> {
    match catch_unwind(AssertUnwindSafe(|| tool.call(cx, arguments))) {
        Ok(read) => read.map_err(ToolError::arguments_refused),
        Err(panic) => Err(panicked(&*panic)),
    }
}

/// Runs application code that is neither async nor a tool's function, such as the conversion of an adapter's result. A
/// panic becomes an internal error.
pub(crate) fn catch<T>(work: impl FnOnce() -> Result<T, ToolError>) -> Result<T, ToolError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// Runs the tool's function until it returns, panics, exceeds the deadline, or ends the call with questions. The error
/// of a panic or a timeout is marked as unsettled: it isn't known what the function did.
pub(crate) async fn run(running: Running<'_>, cx: &CallContext) -> Result<ToolReturn, ToolError> {
    let mut guarded = AssertUnwindSafe(running).catch_unwind();
    // A question can end the call only while this guard exists, so middleware can't end the call with a question.
    let _running = cx.asking().start_function();
    // A function that asks a client of 2026-07-28 stays pending. The call then ends with the function's questions, and
    // the client repeats the call with the answers.
    let mut step = |task: &mut Context<'_>| match Pin::new(&mut guarded).poll(task) {
        Poll::Pending if cx.asking().poll_questions(task) => Poll::Ready(None),
        polled => polled.map(Some),
    };
    match before_deadline(&mut step, cx).await {
        Ok(Some(Ok(returned))) => returned,
        Ok(Some(Err(panic))) => Err(panicked(&*panic)),
        Ok(None) => cx.input_required().map(|asks| ToolReturn::Answer(ToolAnswer::Asks(asks))),
        Err(_) => Err(timed_out(cx).unsettled()),
    }
}

/// Runs a future within the call, such as its middleware or a completion, until the future completes, panics, or
/// exceeds the deadline. The error of a panic or a timeout is marked as in [`run`].
pub(crate) async fn run_future<F: Future + Unpin>(work: F, cx: &CallContext) -> Result<F::Output, ToolError> {
    let mut guarded = AssertUnwindSafe(work).catch_unwind();
    let mut step = |task: &mut Context<'_>| Pin::new(&mut guarded).poll(task);
    match before_deadline(&mut step, cx).await {
        Ok(Ok(returned)) => Ok(returned),
        Ok(Err(panic)) => Err(panicked(&*panic)),
        Err(_) => Err(timed_out(cx).unsettled()),
    }
}

/// Polls `step` until it is ready or the deadline passes. A function that is ready at the first poll needs no timer.
async fn before_deadline<T>(
    step: &mut impl FnMut(&mut Context<'_>) -> Poll<T>,
    cx: &CallContext,
) -> Result<T, Elapsed> {
    match poll_fn(|task| Poll::Ready(step(task))).await {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => with_timer(step, cx).await,
    }
}

/// Polls `step` until it is ready or the deadline passes. The time in which the call waits for answers is added to the
/// deadline.
async fn with_timer<T>(
    step: &mut impl FnMut(&mut Context<'_>) -> Poll<T>,
    cx: &CallContext,
) -> Result<T, Elapsed> {
    loop {
        let until = match cx.asking().is_waiting() {
            true => Instant::now() + RECHECK,
            false => cx.deadline(),
        };
        match tokio::time::timeout_at(until, poll_fn(&mut *step)).await {
            Err(_) if cx.asking().is_waiting() || cx.deadline() > Instant::now() => {}
            done => return done,
        }
    }
}

/// Interval at which a call that waits for answers checks whether it still waits.
const RECHECK: Duration = Duration::from_secs(1);

/// Runs a function that isn't async on the blocking pool.
///
/// Once the function has begun, it can't be stopped, and its clone of the call's context keeps the concurrency permits
/// until the function returns. If the call is dropped while the function waits for a thread, the function never begins.
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
    let remedy = if contract.hints().read_only() { ": ask for less" } else { "" };
    ToolError::of(ErrorKind::Timeout, format!("'{}' exceeded its timeout{remedy}", contract.name()))
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
    fn blocking_function_never_begins_if_its_call_is_dropped_before_a_thread_is_free() {
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
            // The pool has one thread, so this function runs after every function that was queued before.
            assert!(blocking(|| ()).await.is_ok());
        });
        assert!(!ran.load(Ordering::Relaxed), "the function ran although its call was dropped");
    }
}
