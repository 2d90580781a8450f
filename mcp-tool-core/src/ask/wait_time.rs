//! Time that a call waits for answers, which doesn't count against its deadline.

use std::{
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

use crate::sync;

/// Total time of a call during which at least one question waited.
#[derive(Debug, Default)]
pub(super) struct WaitTime(Mutex<Intervals>);

#[derive(Debug, Default)]
struct Intervals {
    /// Number of questions that wait now.
    waiting: u32,
    /// Start of the current interval; `None` while no question waits.
    since: Option<Instant>,
    /// Sum of the finished intervals.
    finished: Duration,
}

impl WaitTime {
    /// Counts time until the guard is dropped. Overlapping waits count once.
    pub(super) fn start(&self) -> WaitGuard<'_> {
        let mut intervals = self.lock();
        intervals.waiting += 1;
        intervals.since.get_or_insert_with(Instant::now);
        drop(intervals);
        WaitGuard(self)
    }

    pub(super) fn is_running(&self) -> bool {
        self.lock().waiting > 0
    }

    pub(super) fn total(&self) -> Duration {
        let intervals = self.lock();
        intervals.finished + intervals.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Intervals> {
        sync::lock(&self.0)
    }
}

/// Counts one waiting question until it is dropped.
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
