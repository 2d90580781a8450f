//! Requests that nobody could be found for: so many are recorded, so that a flood of them doesn't bury the rest.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Records in a second.
const MOST: u32 = 10;

/// How many were recorded of late, and how many weren't.
#[derive(Debug, Default)]
pub(crate) struct UnauthenticatedRecords(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    since: Option<Instant>,
    recorded: u32,
    left_out: u64,
}

impl UnauthenticatedRecords {
    /// Whether one more is recorded; with it, how many before it weren't.
    pub(crate) fn admits(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.since.is_none_or(|since| now.duration_since(since) >= Duration::from_secs(1)) {
            (state.since, state.recorded) = (Some(now), 0);
        }
        if state.recorded == MOST {
            state.left_out += 1;
            return None;
        }
        state.recorded += 1;
        Some(std::mem::take(&mut state.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_recorded_as_so_many_and_a_number() {
        let (strangers, now) = (UnauthenticatedRecords::default(), Instant::now());
        let recorded = (0..1_000).filter(|_| strangers.admits(now).is_some()).count();
        assert_eq!(recorded, MOST as usize);
        assert_eq!(strangers.admits(now + Duration::from_secs(1)), Some(990));
        assert_eq!(strangers.admits(now + Duration::from_secs(1)), Some(0));
    }
}
