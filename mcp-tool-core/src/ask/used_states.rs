//! Sealed (encrypted) states of questions (`requestState`) that clients have sent back. Each process accepts a state
//! once, so that an answer can't be used for a second call.

use std::{collections::HashMap, sync::Mutex};

use uuid::Uuid;

use super::round_state::{StaleState, unix_now};
use crate::{
    call::caller::{Caller, User},
    sync,
};

/// Maximum number of unexpired states that are remembered. When this number is reached, every
/// further state is refused, because a state that isn't remembered could be used twice.
const MAX_STATES: usize = 100_000;
/// Maximum number of unexpired states of one user, so that a single user can't use up [`MAX_STATES`].
const MAX_STATES_PER_USER: usize = 10_000;

/// The used states by the user of their caller: id and expiry (Unix time in seconds) of each state.
#[derive(Debug, Default)]
pub(crate) struct UsedStates(Mutex<HashMap<User, HashMap<Uuid, u64>>>);

impl UsedStates {
    /// Marks the state `id` of a caller as used.
    ///
    /// # Errors
    /// [`StaleState::Used`] if the state was used before, or if the maximum number of states is remembered.
    pub(super) fn insert(&self, caller: &Caller, id: Uuid, expires: u64) -> Result<(), StaleState> {
        let mut used = sync::lock(&self.0);
        let count = |used: &HashMap<_, HashMap<_, _>>| used.values().map(HashMap::len).sum::<usize>();
        let states = used.entry(caller.principal().user_id()).or_default();
        let is_user_full = states.len() >= MAX_STATES_PER_USER;
        // Expired states are removed only at a limit, because this visits the states of all callers.
        if is_user_full || count(&used) >= MAX_STATES {
            let now = unix_now();
            used.values_mut().for_each(|states| states.retain(|_, expires| *expires > now));
            used.retain(|_, states| !states.is_empty());
        }
        let is_full = count(&used) >= MAX_STATES;
        let states = used.entry(caller.principal().user_id()).or_default();
        if is_full || states.len() >= MAX_STATES_PER_USER {
            return Err(StaleState::Used);
        }
        match states.insert(id, expires) {
            None => Ok(()),
            Some(_) => Err(StaleState::Used),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_is_accepted_once_and_each_user_has_a_separate_limit() {
        let (used, ann, bob) = (UsedStates::default(), Caller::new("ann"), Caller::new("bob"));
        let (id, later) = (Uuid::now_v7(), unix_now() + 600);
        assert_eq!(
            (used.insert(&ann, id, later), used.insert(&ann, id, later)),
            (Ok(()), Err(StaleState::Used))
        );
        for _ in 1..MAX_STATES_PER_USER {
            // The agents of a user count together.
            let agent = Uuid::now_v7();
            used.insert(&ann.clone().with_agent(agent.to_string()), agent, later).unwrap();
        }
        assert_eq!(used.insert(&ann, Uuid::now_v7(), later), Err(StaleState::Used));
        assert_eq!(used.insert(&bob, Uuid::now_v7(), later), Ok(()));
    }

    #[test]
    fn expired_states_are_removed_when_a_user_reaches_the_limit() {
        let (used, ann) = (UsedStates::default(), Caller::new("ann"));
        for _ in 0..MAX_STATES_PER_USER {
            used.insert(&ann, Uuid::now_v7(), unix_now()).unwrap();
        }
        assert_eq!(used.insert(&ann, Uuid::now_v7(), unix_now() + 600), Ok(()));
        assert_eq!(used.0.lock().unwrap().values().map(HashMap::len).sum::<usize>(), 1);
    }
}
