//! Log levels of legacy clients without a session, by caller.

use std::{collections::HashMap, sync::Mutex};

use crate::call::{
    caller::{Caller, Principal},
    log_level::LogLevel,
};

/// Maximum callers whose level is kept. Beyond it, each new caller's level replaces that of some other caller.
const MAX_CALLERS: usize = 10_000;

/// The level that each caller set (`logging/setLevel`, up to 2025-11-25).
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
