//! Time that a call waits for answers. The call's deadline is extended by this time.

use std::{
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

use crate::sync;

/// Total time during which at least one question of a call was unanswered.
#[derive(Debug, Default)]
pub(super) struct WaitTime(Mutex<Intervals>);

#[derive(Debug, Default)]
struct Intervals {
    /// Number of unanswered questions, each with a [`WaitGuard`].
    waiting: u32,
    /// Start of the current interval; `None` while no question is unanswered.
    since: Option<Instant>,
    /// Sum of the intervals that have ended.
    finished: Duration,
}

impl WaitTime {
    /// Counts one more question as unanswered until the guard is dropped. Time in which guards overlap counts once.
    pub(super) fn start(&self) -> WaitGuard<'_> {
        let mut intervals = self.lock();
        intervals.waiting += 1;
        intervals.since.get_or_insert_with(Instant::now);
        drop(intervals);
        WaitGuard(self)
    }

    /// Returns `true` while at least one question is unanswered.
    pub(super) fn is_running(&self) -> bool {
        self.lock().waiting > 0
    }

    /// Returns the time until now during which at least one question was unanswered.
    pub(super) fn total(&self) -> Duration {
        let intervals = self.lock();
        intervals.finished + intervals.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Intervals> {
        sync::lock(&self.0)
    }
}

/// While this guard exists, one more question counts as unanswered.
pub(super) struct WaitGuard<'a>(&'a WaitTime);

impl Drop for WaitGuard<'_> {
    fn drop(&mut self) {
        let mut intervals = self.0.lock();
        intervals.waiting = intervals.waiting.saturating_sub(1);
        if intervals.waiting == 0
            && let Some(since) = intervals.since.take()
        {
            intervals.finished += since.elapsed();
        }
    }
}
