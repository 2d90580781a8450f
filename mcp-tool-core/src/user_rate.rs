//! Counts events of each user in the current second, to limit their rate.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::call::caller::User;

/// Number of events of each user in the current second. The agents of a user count together.
#[derive(Debug, Default)]
pub(crate) struct UserRate {
    /// Start of the current second; `None` before the first event.
    since: Option<Instant>,
    counts: HashMap<User, u32>,
}

impl UserRate {
    /// Counts an event of a user at `now`. Returns `false` if the user has `max` events in this second already.
    pub(crate) fn take(&mut self, user: User, max: u32, now: Instant) -> bool {
        if self.since.is_none_or(|since| now.saturating_duration_since(since) >= Duration::from_secs(1)) {
            self.since = Some(now);
            self.counts.clear();
        }
        let count = self.counts.entry(user).or_default();
        let is_allowed = *count < max;
        *count += u32::from(is_allowed);
        is_allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::caller::Caller;

    #[test]
    fn each_user_has_its_own_maximum_in_each_second() {
        let (mut rate, start) = (UserRate::default(), Instant::now());
        let mut take = |user: &str, agent: &str, at: u64| {
            let user = Caller::new(user).with_agent(agent).principal().user_id();
            rate.take(user, 2, start + Duration::from_millis(at))
        };
        assert!(take("eve", "a", 0) && take("eve", "b", 500) && !take("eve", "c", 999));
        assert!(take("ann", "a", 999), "another user is limited");
        assert!(take("eve", "a", 1_000), "the next second has the same maximum");
    }
}
