//! Cancellation of one call.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Flag that is set once nobody waits for a call's answer: the client cancelled the call, disconnected, or got the
/// answer.
#[derive(Debug, Default)]
pub(crate) struct Cancellation {
    is_cancelled: AtomicBool,
    notify: Notify,
}

impl Cancellation {
    /// Sets the flag and wakes all that await [`cancelled`](Self::cancelled).
    pub(crate) fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Release);
        self.notify.notify_waiters();
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Acquire)
    }

    /// Completes once the flag is set.
    pub(crate) async fn cancelled(&self) {
        // Registered before the flag is read, so that a wake-up between the two isn't lost.
        let notified = self.notify.notified();
        if !self.is_cancelled() {
            notified.await;
        }
    }
}
