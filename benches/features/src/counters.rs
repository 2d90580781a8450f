//! Counters of calls, which the tool `state` of every probed server returns in the same form.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// Calls of `slow` and `job` that began.
static STARTED: AtomicUsize = AtomicUsize::new(0);
/// Calls of `slow` and `job` that were cancelled.
static STOPPED: AtomicUsize = AtomicUsize::new(0);
/// Calls of `slow` and `job` that ran to their end.
static FINISHED: AtomicUsize = AtomicUsize::new(0);
/// Calls that the middleware has seen.
static LAYERED: AtomicUsize = AtomicUsize::new(0);

/// Duration of the tool `slow` if nothing stops it.
pub const SLOW: Duration = Duration::from_secs(3);

/// A running call of `slow` or `job`. It counts as stopped if it is dropped before [`finish`](Slow::finish).
pub struct Slow {
    has_finished: bool,
}

impl Slow {
    /// Counts the beginning of a call.
    pub fn begin() -> Self {
        STARTED.fetch_add(1, Ordering::SeqCst);
        Slow { has_finished: false }
    }

    /// Counts the call as finished.
    pub fn finish(mut self) {
        self.has_finished = true;
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        let count = if self.has_finished { &FINISHED } else { &STOPPED };
        count.fetch_add(1, Ordering::SeqCst);
    }
}

/// Counts a call that the middleware has seen.
#[allow(dead_code, reason = "not every server has middleware")]
pub fn layered() {
    LAYERED.fetch_add(1, Ordering::SeqCst);
}

/// Returns all counters as JSON.
pub fn state() -> String {
    let count = |count: &AtomicUsize| count.load(Ordering::SeqCst);
    format!(
        r#"{{"started":{},"stopped":{},"finished":{},"layered":{}}}"#,
        count(&STARTED),
        count(&STOPPED),
        count(&FINISHED),
        count(&LAYERED)
    )
}
