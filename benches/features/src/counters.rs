//! Counters of calls. Every server returns them in the same form.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

static STARTED: AtomicUsize = AtomicUsize::new(0);
static STOPPED: AtomicUsize = AtomicUsize::new(0);
static FINISHED: AtomicUsize = AtomicUsize::new(0);
static LAYERED: AtomicUsize = AtomicUsize::new(0);

/// Duration of the tool `slow` if nothing stops it.
pub const SLOW: Duration = Duration::from_secs(3);

/// A running call of a slow tool. It counts as stopped if it is dropped before [`finish`](Slow::finish).
pub struct Slow {
    has_finished: bool,
}

impl Slow {
    pub fn begin() -> Self {
        STARTED.fetch_add(1, Ordering::SeqCst);
        Slow { has_finished: false }
    }

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
