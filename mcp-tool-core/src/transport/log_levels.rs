//! Log levels that legacy clients (revisions up to 2025-11-25) set without a session. They are kept for each caller,
//! because no session keeps them.

use std::{collections::HashMap, sync::Mutex};

use crate::call::{
    caller::{Caller, Principal},
    log_level::LogLevel,
};

/// Maximum number of callers whose level is kept. If it is reached, the level of a new caller replaces the level of an
/// arbitrary other caller.
const MAX_CALLERS: usize = 10_000;
/// Maximum number of callers of one user, who isn't the local user, whose level is kept. If it is reached, the level of
/// a new caller replaces the level of another caller of the user.
const MAX_OF_USER: usize = 1_000;

/// The level that each caller last set by `logging/setLevel`, a method of revisions up to 2025-11-25.
#[derive(Debug, Default)]
pub(crate) struct LogLevels(Mutex<HashMap<Principal, LogLevel>>);

impl LogLevels {
    pub(super) fn set(&self, caller: &Caller, level: LogLevel) {
        let mut levels = crate::sync::lock(&self.0);
        let principal = caller.principal();
        if !levels.contains_key(principal) {
            let of_user = || levels.keys().filter(|other| other.is_same_user(principal));
            let replaced = if !caller.is_local() && of_user().count() >= MAX_OF_USER {
                of_user().next().cloned()
            } else if levels.len() >= MAX_CALLERS {
                levels.keys().next().cloned()
            } else {
                None
            };
            if let Some(replaced) = replaced {
                levels.remove(&replaced);
            }
        }
        levels.insert(Principal::clone(principal), level);
    }

    pub(super) fn get(&self, caller: &Caller) -> Option<LogLevel> {
        crate::sync::lock(&self.0).get(caller.principal()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_of_one_user_do_not_displace_levels_of_other_users() {
        let levels = LogLevels::default();
        let ann = Caller::new("ann");
        levels.set(&ann, LogLevel::Error);
        for agent in 0..MAX_CALLERS + 100 {
            levels.set(&Caller::new("eve").with_agent(agent.to_string()), LogLevel::Debug);
        }
        assert_eq!(levels.get(&ann), Some(LogLevel::Error));
        assert_eq!(crate::sync::lock(&levels.0).len(), MAX_OF_USER + 1);
    }
}
