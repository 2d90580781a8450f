//! The time that a person takes to answer, which is none of the call's.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long answers were waited for.
#[derive(Debug, Default)]
pub(super) struct Waited(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Questions whose answer is waited for now.
    questions: u32,
    since: Option<Instant>,
    /// What was waited before that.
    before: Duration,
}

impl Waited {
    /// An answer is waited for until what is given is dropped; of several at one time, time counts once.
    pub(super) fn begins(&self) -> Waiting<'_> {
        let mut inner = self.lock();
        inner.questions += 1;
        inner.since.get_or_insert_with(Instant::now);
        drop(inner);
        Waiting(self)
    }

    pub(super) fn is_now(&self) -> bool {
        self.lock().questions > 0
    }

    pub(super) fn so_far(&self) -> Duration {
        let inner = self.lock();
        inner.before + inner.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One answer that is waited for.
pub(super) struct Waiting<'a>(&'a Waited);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.questions = inner.questions.saturating_sub(1);
        if inner.questions == 0
            && let Some(since) = inner.since.take()
        {
            inner.before += since.elapsed();
        }
    }
}
