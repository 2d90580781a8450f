//! How many calls may wait for a person.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::AskError;
use crate::call::caller::{Caller, Principal};

/// Questions of one caller that may wait at one time.
const OF_ONE_CALLER: u32 = 16;

/// How many calls may wait for a person, so that who isn't answered leaves places to others. Those of a tool that has
/// few of its own are kept all the same.
#[derive(Debug)]
pub(crate) struct Waits {
    most: u32,
    each: u32,
    waiting: Arc<Mutex<(u32, HashMap<Principal, u32>)>>,
}

impl Waits {
    /// At most half of the calls that may run wait.
    pub(crate) fn among(calls: u32) -> Self {
        let most = (calls / 2).max(1);
        Waits { most, each: OF_ONE_CALLER.min(most), waiting: Arc::default() }
    }

    pub(super) fn take(&self, caller: &Caller) -> Result<Place, AskError> {
        let principal = Principal::clone(caller.principal());
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, each) = &mut *waiting;
        let own = each.entry(principal.clone()).or_default();
        if *all >= self.most || *own >= self.each {
            if *own == 0 {
                each.remove(&principal);
            }
            return Err(AskError::Busy);
        }
        (*all, *own) = (*all + 1, *own + 1);
        Ok(Place { principal, waiting: Arc::clone(&self.waiting) })
    }
}

/// The place of one question that waits.
pub(super) struct Place {
    principal: Principal,
    waiting: Arc<Mutex<(u32, HashMap<Principal, u32>)>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, each) = &mut *waiting;
        *all = all.saturating_sub(1);
        if let Some(own) = each.get_mut(&self.principal) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                each.remove(&self.principal);
            }
        }
    }
}
