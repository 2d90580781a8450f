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

/// The level that each caller last set by `logging/setLevel`, a method of revisions up to 2025-11-25.
#[derive(Debug, Default)]
pub(crate) struct LogLevels(Mutex<HashMap<Principal, LogLevel>>);

impl LogLevels {
    pub(super) fn set(&self, caller: &Caller, level: LogLevel) {
        let mut levels = crate::sync::lock(&self.0);
        if levels.len() >= MAX_CALLERS
            && !levels.contains_key(caller.principal())
            && let Some(other) = levels.keys().next().cloned()
        {
            levels.remove(&other);
        }
        levels.insert(Principal::clone(caller.principal()), level);
    }

    pub(super) fn get(&self, caller: &Caller) -> Option<LogLevel> {
        crate::sync::lock(&self.0).get(caller.principal()).copied()
    }
}
