//! Limit of log messages about events that unauthenticated clients can cause, so that they can't fill the log.

use std::time::Duration;

use tokio::time::Instant;

/// Minimum time between two messages.
const INTERVAL: Duration = Duration::from_secs(10);

/// Limits the messages about one kind of event: the first is logged, and after that one for each interval, with the
/// number of events that were left out.
#[derive(Debug, Default)]
pub(crate) struct LogLimit {
    logged_at: Option<Instant>,
    left_out: u64,
}

impl LogLimit {
    /// Counts an event. Returns `true` if it has to be logged.
    pub(crate) fn count(&mut self) -> bool {
        let is_due = self.logged_at.is_none_or(|at| at.elapsed() >= INTERVAL) && self.left_out == 0;
        if is_due {
            self.logged_at = Some(Instant::now());
        } else {
            self.left_out += 1;
        }
        is_due
    }

    /// Counts an event of which nothing awaits [`left_out`](Self::left_out). If it has to be logged, returns the number
    /// of events that were left out since the last message.
    pub(crate) fn next(&mut self) -> Option<u64> {
        if self.logged_at.is_some_and(|at| at.elapsed() < INTERVAL) {
            self.left_out += 1;
            return None;
        }
        self.logged_at = Some(Instant::now());
        Some(std::mem::take(&mut self.left_out))
    }

    /// Waits until the end of the interval, and returns the number of events that were left out. Waits forever while
    /// there are none.
    pub(crate) async fn left_out(&mut self) -> u64 {
        let Some(at) = self.logged_at.filter(|_| self.left_out > 0) else {
            return std::future::pending().await;
        };
        tokio::time::sleep_until(at + INTERVAL).await;
        self.logged_at = Some(Instant::now());
        std::mem::take(&mut self.left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn events_after_the_first_are_counted_once_for_each_interval() {
        let mut limit = LogLimit::default();
        assert_eq!((0..1_000).filter(|_| limit.count()).count(), 1);
        let since = Instant::now();
        assert_eq!(limit.left_out().await, 999);
        assert_eq!(since.elapsed().as_secs(), INTERVAL.as_secs());
        // The message about the number counts as one of the new interval.
        assert!(!limit.count());
        assert_eq!(limit.left_out().await, 1);
        let none = tokio::time::timeout(2 * INTERVAL, limit.left_out()).await;
        assert!(none.is_err(), "a message about no event");
        assert!(limit.count());
    }

    #[tokio::test(start_paused = true)]
    async fn next_message_has_the_number_of_events_since_the_last_one() {
        let mut limit = LogLimit::default();
        assert_eq!((0..1_000).filter_map(|_| limit.next()).collect::<Vec<_>>(), [0]);
        tokio::time::advance(INTERVAL).await;
        assert_eq!((0..3).map(|_| limit.next()).collect::<Vec<_>>(), [Some(999), None, None]);
    }
}
