//! What a server saw of its calls, for who asks from outside: all servers say it in one form.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

static STARTED: AtomicUsize = AtomicUsize::new(0);
static STOPPED: AtomicUsize = AtomicUsize::new(0);
static FINISHED: AtomicUsize = AtomicUsize::new(0);
static LAYERED: AtomicUsize = AtomicUsize::new(0);

/// How long the slow tool takes where nothing stops it.
pub const SLOW: Duration = Duration::from_secs(3);

/// A call of the slow tool, which is stopped where it is dropped before it has finished.
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

/// A layer around calls saw one.
#[allow(dead_code, reason = "not every server has such")]
pub fn layered() {
    LAYERED.fetch_add(1, Ordering::SeqCst);
}

/// All of it, as JSON.
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
