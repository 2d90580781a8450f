//! Limits the records of refused calls, so that a caller that is refused at full speed doesn't fill the audit file.
//! Refusals above the limit are counted, and one record for each user and reason says how many there were.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::{
    call::caller::{Caller, User},
    clock::Moment,
    sync,
    user_rate::UserRate,
};

/// Maximum number of refused calls of one user per second that each have a record.
const MAX_PER_SECOND: u32 = 100;
/// Maximum number of requests per second, of all clients together, that authentication refused and that each have a
/// record.
const MAX_UNAUTHENTICATED_PER_SECOND: u32 = 10;
/// Time for which refusals are counted before their number is recorded.
const COUNTED_FOR: Duration = Duration::from_secs(1);
/// Maximum number of pairs of user and reason whose refusals are counted at a time. Refusals of further pairs are
/// added to the oldest count.
const MAX_COUNTED: usize = 10_000;

/// The refusals in the current second, and the counted refusals that aren't recorded yet.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<RefusalCounts>);

#[derive(Debug, Default)]
struct RefusalCounts {
    /// Records of each user in the current second.
    recorded: UserRate,
    /// Refusals without a record of their own.
    counted: HashMap<(User, String), CountedRefusals>,
}

/// Refused calls of one caller for one reason that have no records of their own.
#[derive(Debug)]
pub(super) struct CountedRefusals {
    pub(super) caller: Caller,
    pub(super) reason: String,
    /// Start of the first of the calls.
    pub(super) first: Moment,
    /// Start of the last of the calls.
    pub(super) last: Moment,
    pub(super) count: u64,
}

impl Refusals {
    /// Returns `true` if a refused call has a record of its own. Otherwise counts the call.
    pub(super) fn take(&self, caller: &Caller, reason: &str, start: Moment) -> bool {
        let max = if caller.is_unauthenticated() { MAX_UNAUTHENTICATED_PER_SECOND } else { MAX_PER_SECOND };
        let mut counts = sync::lock(&self.0);
        if counts.recorded.take(caller.principal().user_id(), max, start.instant) {
            return true;
        }
        let key = (caller.principal().user_id(), reason.to_owned());
        let is_full = counts.counted.len() >= MAX_COUNTED && !counts.counted.contains_key(&key);
        let counted = if is_full {
            counts.counted.values_mut().min_by_key(|counted| counted.first.instant)
        } else {
            Some(counts.counted.entry(key).or_insert_with(|| CountedRefusals {
                caller: caller.clone(),
                reason: reason.to_owned(),
                first: start,
                last: start,
                count: 0,
            }))
        };
        if let Some(counted) = counted {
            counted.count += 1;
            counted.last = start;
        }
        false
    }

    /// Removes and returns the counts that are due at `now`, or all counts if `now` is `None`.
    pub(super) fn due(&self, now: Option<Instant>) -> Vec<CountedRefusals> {
        let mut counts = sync::lock(&self.0);
        if counts.counted.is_empty() {
            return Vec::new();
        }
        let is_due = |counted: &CountedRefusals| {
            now.is_none_or(|now| now.saturating_duration_since(counted.first.instant) >= COUNTED_FOR)
        };
        counts.counted.extract_if(|_, counted| is_due(counted)).map(|(_, counted)| counted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(start: Moment, seconds: u64) -> Moment {
        Moment { instant: start.instant + Duration::from_secs(seconds), ..start }
    }

    #[test]
    fn refusals_above_the_limit_are_counted_by_caller_and_reason() {
        let (refusals, start) = (Refusals::default(), Moment::now());
        let eve = |agent: &str| Caller::new("eve").with_agent(agent);
        let recorded = (0..250).filter(|_| refusals.take(&eve("a"), "unknown_tool", start)).count();
        assert_eq!(recorded, MAX_PER_SECOND as usize);
        // The agents of a user count together, and other users apart.
        assert!(!refusals.take(&eve("b"), "rate_limited", start));
        assert!(refusals.take(&Caller::new("ann"), "unknown_tool", start));
        assert!(refusals.due(Some(start.instant)).is_empty(), "the counts were due at once");
        let mut due = refusals.due(Some(later(start, 1).instant));
        due.sort_by_key(|counted| counted.count);
        let counts: Vec<_> =
            due.iter().map(|counted| (counted.caller.agent(), &*counted.reason, counted.count)).collect();
        assert_eq!(counts, [(Some("b"), "rate_limited", 1), (Some("a"), "unknown_tool", 150)]);
        assert!(
            refusals.take(&eve("a"), "unknown_tool", later(start, 1)),
            "the next second has its own records"
        );
        assert!(refusals.due(None).is_empty());
    }

    #[test]
    fn unauthenticated_requests_have_fewer_records() {
        let (refusals, start) = (Refusals::default(), Moment::now());
        let unknown = Caller::unauthenticated();
        let recorded = (0..50).filter(|_| refusals.take(&unknown, "unauthenticated", start)).count();
        assert_eq!(recorded, MAX_UNAUTHENTICATED_PER_SECOND as usize);
        assert_eq!(refusals.due(None).iter().map(|counted| counted.count).sum::<u64>(), 40);
    }

    #[test]
    fn number_of_counts_is_bounded_and_no_refusal_is_lost() {
        let (refusals, start) = (Refusals::default(), Moment::now());
        let mut recorded = 0;
        for number in 0..2 * MAX_COUNTED + 600 {
            // The agents of a user count together.
            let caller = Caller::new("eve").with_agent(number.to_string());
            recorded += u64::from(refusals.take(&caller, &format!("reason {}", number / 2), start));
        }
        let due = refusals.due(None);
        assert_eq!(due.len(), MAX_COUNTED);
        let counted: u64 = due.iter().map(|counted| counted.count).sum();
        assert_eq!(recorded + counted, 2 * MAX_COUNTED as u64 + 600);
    }
}
