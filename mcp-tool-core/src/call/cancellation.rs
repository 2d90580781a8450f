//! Flag that is set when a call is cancelled or finished. Everything that may outlast the call's future reads the flag
//! or waits for it, such as a spawned task or a function that isn't async.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Flag that is set once nobody waits for a call's answer: the client cancelled the call or disconnected, or the call
/// has ended. In all these cases, the future that runs the call completes or is dropped, and a guard in the future sets
/// the flag.
#[derive(Debug, Default)]
pub(crate) struct Cancellation {
    is_cancelled: AtomicBool,
    notify: Notify,
}

impl Cancellation {
    /// Sets the flag and wakes all futures of [`cancelled`](Self::cancelled).
    pub(crate) fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Release);
        self.notify.notify_waiters();
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Acquire)
    }

    /// Completes once the flag is set.
    pub(crate) async fn cancelled(&self) {
        // `notified` is made before the flag is read, so that the future also completes if `cancel` runs in between.
        let notified = self.notify.notified();
        if !self.is_cancelled() {
            notified.await;
        }
    }
}
