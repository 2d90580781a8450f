//! Watchdogs: threads that detect when another thread hangs or has ended. A thread hangs, for example, while it writes
//! to a file whose network mount is gone, and can't report that itself.

use std::{collections::VecDeque, io, time::Duration};

/// Interval at which a watchdog runs its check.
const TICK: Duration = Duration::from_millis(250);
/// Number of checks after which requested work that isn't done counts as stalled. Together with [`TICK`], work counts
/// as stalled at most 2 s after it was requested.
const STALLED_AFTER: usize = 7;

/// Detects requested work that isn't done in time. Time is counted in checks, so that work doesn't count as stalled
/// after the whole process was suspended.
#[derive(Debug, Default)]
pub(crate) struct StallDetector {
    /// Total of requested work at each of the last checks.
    requested: VecDeque<u64>,
}

impl StallDetector {
    /// Returns `true` if work that was `requested` before the last [`STALLED_AFTER`] checks isn't `done`. Both numbers
    /// are totals since the start, and the watchdog calls this method at each check.
    pub(crate) fn is_stalled(&mut self, done: u64, requested: u64) -> bool {
        self.requested.push_back(requested);
        if self.requested.len() <= STALLED_AFTER {
            return false;
        }
        self.requested.pop_front().is_some_and(|requested| done < requested)
    }
}

/// Starts a watchdog: a thread that runs `check` every [`TICK`] until `check` returns `false`.
///
/// # Errors
/// The thread can't be started.
pub(crate) fn start(name: &str, mut check: impl FnMut() -> bool + Send + 'static) -> io::Result<()> {
    let run = move || {
        loop {
            std::thread::sleep(TICK);
            if !check() {
                return;
            }
        }
    };
    std::thread::Builder::new().name(name.into()).spawn(run).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_stalls_only_if_it_is_not_done_within_the_limit() {
        let mut detector = StallDetector::default();
        // Work is requested at each check and done before the next one.
        assert!((0..100).all(|done| !detector.is_stalled(done, done + 1)));
        // The work that was requested at the last of these checks is never done.
        let stalls: Vec<bool> = (0..STALLED_AFTER).map(|_| detector.is_stalled(99, 100)).collect();
        assert!(!stalls[..STALLED_AFTER - 1].contains(&true) && stalls[STALLED_AFTER - 1], "{stalls:?}");
        assert!(!detector.is_stalled(100, 100), "work that is done still counts as stalled");
    }

    #[test]
    fn idle_thread_does_not_stall() {
        let mut detector = StallDetector::default();
        assert!((0..100).all(|_| !detector.is_stalled(7, 7)));
    }
}
