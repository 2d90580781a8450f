//! [`Next`], by which middleware runs or refuses a call, and the [`CallResult`] that middleware then gets.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::future::BoxFuture;

use super::Middleware;
use crate::{
    call::context::CallContext,
    error::{ErrorKind, ToolError},
    tool::answer::ToolAnswer,
};

/// The rest of a call: the inner middleware, which was added after this one, and the tool. Run the rest, or refuse the
/// call.
#[must_use = "a call whose `Next` is dropped fails"]
pub struct Next<'c> {
    inner: &'c [Arc<dyn Middleware>],
    call: &'c CallContext,
    /// The stages inside the innermost middleware: they read the arguments, check the gate, run the function and check
    /// the result.
    stages: BoxFuture<'c, Executed>,
    dropped: SetOnDrop<'c>,
}

impl<'c> Next<'c> {
    /// Makes the rest of a call. `dropped` becomes `true` once middleware drops the `Next` or the [`CallResult`].
    pub(super) fn new(
        middleware: &'c [Arc<dyn Middleware>],
        call: &'c CallContext,
        stages: BoxFuture<'c, Executed>,
        dropped: &'c AtomicBool,
    ) -> Self {
        Next { inner: middleware, call, stages, dropped: SetOnDrop(dropped) }
    }

    /// Runs the next inner middleware. The innermost middleware runs the tool.
    ///
    /// If the future is dropped before it completes, the call fails: the caller reads an
    /// [internal](crate::error::ErrorKind::Internal) error.
    pub async fn run(self) -> CallResult<'c> {
        let Next { inner, call, stages, dropped } = self;
        match inner.split_first() {
            Some((next, inner)) => next.handle(call, Next { inner, call, stages, dropped }).await,
            None => CallResult { executed: stages.await, _dropped: dropped },
        }
    }

    /// Refuses the call. Neither inner middleware nor the tool runs, and the caller reads `error` as an error of the
    /// tool. The audit record has the outcome `refused` and the error's kind as the reason.
    pub fn refuse(self, error: ToolError) -> CallResult<'c> {
        let executed = Executed { answer: Err(error), has_begun: false };
        CallResult { executed, _dropped: self.dropped }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next")
            .field("call", self.call)
            .field("inner", &self.inner.len())
            .finish_non_exhaustive()
    }
}

/// The result of a call. Middleware can read its kind and size, and must return it unchanged.
#[must_use = "a call whose result is dropped fails"]
pub struct CallResult<'c> {
    executed: Executed,
    _dropped: SetOnDrop<'c>,
}

impl CallResult<'_> {
    /// Returns `true` if the call succeeded with a valid result. Questions to the user are no result; see
    /// [`asks`](Self::asks).
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.executed.answer.is_ok() && !self.asks()
    }

    /// Returns `true` if the call ended with questions to the user instead of a result (only for clients of
    /// 2026-07-28). The client repeats the call with the answers, and the repeated call passes the middleware again.
    #[must_use]
    pub const fn asks(&self) -> bool {
        matches!(self.executed.answer, Ok(ToolAnswer::Asks(_)))
    }

    /// Returns the kind of the error that the caller reads, if the call failed.
    #[must_use]
    pub fn error(&self) -> Option<ErrorKind> {
        self.executed.answer.as_ref().err().map(ToolError::kind)
    }

    /// Returns the size of the encoded result in bytes, without the JSON-RPC response around it; 0 if there is no
    /// result.
    #[must_use]
    pub fn size(&self) -> usize {
        self.executed.answer.as_ref().map_or(0, |answer| answer.bytes().len())
    }

    /// Returns `true` if the tool's function began, or for a completion, if the search for suggestions began. Otherwise
    /// the call had no effect, because it was refused, for example by inner middleware, the check of the arguments or
    /// the gate.
    #[must_use]
    pub const fn has_begun(&self) -> bool {
        self.executed.has_begun
    }

    /// Returns the encoded result, the questions or the error for the caller.
    pub(super) fn into_answer(self) -> Result<ToolAnswer, ToolError> {
        self.executed.answer
    }
}

impl fmt::Debug for CallResult<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallResult")
            .field("error", &self.error())
            .field("size", &self.size())
            .field("has_begun", &self.has_begun())
            .finish()
    }
}

/// The result of the stages inside the innermost middleware.
#[derive(Debug)]
pub(in crate::pipeline) struct Executed {
    /// The encoded result or the questions of the tool, or the error that the caller reads.
    pub(in crate::pipeline) answer: Result<ToolAnswer, ToolError>,
    /// See [`CallResult::has_begun`].
    pub(in crate::pipeline) has_begun: bool,
}

/// Sets a flag when dropped. [`Next`] contains this value and passes it on to the [`CallResult`]. Middleware that drops
/// either of them can't return the call's result, so the flag ends the call.
struct SetOnDrop<'c>(&'c AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
