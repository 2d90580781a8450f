//! A call within its layers: bounded like a function, and let go of by none of them.

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

use crate::{
    call::context::CallContext,
    error::ToolError,
    pipeline::{
        guard,
        middleware::{Ended, Middleware, Next},
    },
    tool::answer::ToolAnswer,
};

/// Asks the outermost layer, and so on inwards; `carried_out` begins when the innermost runs it.
///
/// In a box that is made here, so that a call without layers has no room for it.
#[inline(never)]
pub(super) fn within<'c>(
    layers: &'c [Arc<dyn Middleware>],
    cx: &'c CallContext,
    carried_out: impl Future<Output = Ended> + Send + 'c,
) -> BoxFuture<'c, Result<ToolAnswer, ToolError>> {
    let carried_out = Box::pin(carried_out);
    Box::pin(async move {
        let let_go = AtomicBool::new(false);
        let mut handled = pin!(Next::new(layers, cx, carried_out, &let_go).run());
        // Whoever waits for a call that a layer let go of would wait for its deadline.
        let held = poll_fn(|task| match handled.as_mut().poll(task) {
            Poll::Ready(outcome) => Poll::Ready(outcome.answer()),
            Poll::Pending if let_go.load(Ordering::Relaxed) => {
                Poll::Ready(Err(ToolError::internal("a layer let go of its call").unsettled()))
            }
            Poll::Pending => Poll::Pending,
        });
        guard::within(held, cx).await?
    })
}
