//! Limits the records of unauthenticated requests, so that a flood of such requests doesn't fill the audit file.
//! Requests with a revoked token aren't limited: `Pipeline::record_unauthenticated` records all of them.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::sync;

/// Maximum number of records of unauthenticated requests in one second.
const MAX_PER_SECOND: u32 = 10;

/// Counts the records of unauthenticated requests in the current second, and the dropped records.
#[derive(Debug, Default)]
pub(crate) struct UnauthenticatedRecords(Mutex<RecordWindow>);

#[derive(Debug, Default)]
struct RecordWindow {
    /// Start of the current second; `None` before the first request.
    since: Option<Instant>,
    /// Records in the current second.
    recorded: u32,
    /// Records that were dropped since the last recorded request.
    dropped: u64,
}

impl UnauthenticatedRecords {
    /// Returns `None` if the record of a request at `now` must be dropped. Otherwise the request may be recorded;
    /// returns the number of records that were dropped since the last recorded request.
    pub(crate) fn take_slot(&self, now: Instant) -> Option<u64> {
        let mut window = sync::lock(&self.0);
        if window.since.is_none_or(|since| now.duration_since(since) >= Duration::from_secs(1)) {
            (window.since, window.recorded) = (Some(now), 0);
        }
        if window.recorded == MAX_PER_SECOND {
            window.dropped += 1;
            return None;
        }
        window.recorded += 1;
        Some(std::mem::take(&mut window.dropped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_above_the_limit_are_dropped_and_their_number_is_reported() {
        let (records, now) = (UnauthenticatedRecords::default(), Instant::now());
        let recorded = (0..1_000).filter(|_| records.take_slot(now).is_some()).count();
        assert_eq!(recorded, MAX_PER_SECOND as usize);
        assert_eq!(records.take_slot(now + Duration::from_secs(1)), Some(990));
        assert_eq!(records.take_slot(now + Duration::from_secs(1)), Some(0));
    }
}
