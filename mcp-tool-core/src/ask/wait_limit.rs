//! Limit of questions that wait for an answer at one time. Only a question whose call waits counts: in sessions, over
//! stdio, and in tasks. In other calls of 2026-07-28, a question ends the call.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use super::AskError;
use crate::{
    call::caller::{Caller, Principal},
    sync,
};

/// Maximum number of questions of one caller that wait for an answer at one time.
const MAX_PER_CALLER: u32 = 16;

/// Counts the waiting questions. A call that waits keeps its concurrency permits, so without the limit, unanswered
/// questions could take all permits of the server. They can still take all permits of a single tool, and the permit of a
/// server whose maximum is one concurrent call.
#[derive(Debug)]
pub(crate) struct WaitLimit {
    max: u32,
    max_per_caller: u32,
    waiting: Arc<Mutex<WaitCounts>>,
}

#[derive(Debug, Default)]
struct WaitCounts {
    total: u32,
    by_caller: HashMap<Principal, u32>,
}

impl WaitLimit {
    /// Limits the waiting questions of all callers to half of `calls`, the server's maximum of
    /// concurrent calls, but to at least one.
    pub(crate) fn for_concurrency(calls: u32) -> Self {
        let max = (calls / 2).max(1);
        WaitLimit { max, max_per_caller: MAX_PER_CALLER.min(max), waiting: Arc::default() }
    }

    /// Counts one more waiting question of the caller.
    ///
    /// # Errors
    /// [`AskError::Busy`] if the caller or the server has reached its limit.
    pub(super) fn acquire(&self, caller: &Caller) -> Result<WaitPermit, AskError> {
        let principal = Principal::clone(caller.principal());
        let mut waiting = sync::lock(&self.waiting);
        let WaitCounts { total, by_caller } = &mut *waiting;
        let own = by_caller.entry(principal.clone()).or_default();
        if *total >= self.max || *own >= self.max_per_caller {
            if *own == 0 {
                by_caller.remove(&principal);
            }
            return Err(AskError::Busy);
        }
        (*total, *own) = (*total + 1, *own + 1);
        Ok(WaitPermit { principal, waiting: Arc::clone(&self.waiting) })
    }
}

/// While this permit exists, one more question of its caller counts as waiting.
pub(super) struct WaitPermit {
    principal: Principal,
    waiting: Arc<Mutex<WaitCounts>>,
}

impl Drop for WaitPermit {
    fn drop(&mut self) {
        let mut waiting = sync::lock(&self.waiting);
        let WaitCounts { total, by_caller } = &mut *waiting;
        *total = total.saturating_sub(1);
        if let Some(own) = by_caller.get_mut(&self.principal) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                by_caller.remove(&self.principal);
            }
        }
    }
}
