//! Runs a call through the tool's middleware.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use futures_util::future::BoxFuture;

use super::{Executed, Middleware, Next};
use crate::{call::context::CallContext, error::ToolError, pipeline::guard, tool::answer::ToolAnswer};

/// Runs the middleware, the outermost first. The innermost middleware runs `stages`, which read the arguments and run
/// the tool's function. If middleware panics, exceeds the deadline or drops its [`Next`], the call fails as if its
/// function had failed.
///
/// The future is boxed and this function isn't inlined, so that the futures of calls without middleware stay small.
#[inline(never)]
pub(in crate::pipeline) fn run<'c>(
    middleware: &'c [Arc<dyn Middleware>],
    cx: &'c CallContext,
    stages: impl Future<Output = Executed> + Send + 'c,
) -> BoxFuture<'c, Result<ToolAnswer, ToolError>> {
    let stages = Box::pin(stages);
    Box::pin(async move {
        let dropped = AtomicBool::new(false);
        let mut handled = pin!(Next::new(middleware, cx, stages, &dropped).run());
        // If middleware drops its `Next` and continues to wait, the check of `dropped` fails the call before its
        // deadline. The error is unsettled, because the function may have begun before the drop.
        let answer = poll_fn(|task| match handled.as_mut().poll(task) {
            Poll::Ready(result) => Poll::Ready(result.into_answer()),
            Poll::Pending if dropped.load(Ordering::Relaxed) => {
                Poll::Ready(Err(ToolError::internal("middleware dropped its call").unsettled()))
            }
            Poll::Pending => Poll::Pending,
        });
        guard::run_future(answer, cx).await?
    })
}
