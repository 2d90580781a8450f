//! Which states were opened: each opens once, in this process.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use uuid::Uuid;

use super::round::{Stale, now};
use crate::call::caller::{Caller, Principal};

/// States that were opened and haven't ended: beyond them none is taken, rather than one twice.
const MAX_USED: usize = 100_000;
/// The same of one caller, so that none takes them from others.
const MAX_USED_BY_ONE: usize = 10_000;

/// States that were opened, by caller, until they end: each opens once, in this process.
#[derive(Debug, Default)]
pub(crate) struct Used(Mutex<HashMap<Principal, HashMap<Uuid, u64>>>);

impl Used {
    pub fn take(&self, caller: &Caller, id: Uuid, ends: u64) -> Result<(), Stale> {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |used: &HashMap<_, HashMap<_, _>>| used.values().map(HashMap::len).sum::<usize>();
        let own = used.entry(Principal::clone(caller.principal())).or_default();
        let is_full = own.len() >= MAX_USED_BY_ONE;
        if is_full || count(&used) >= MAX_USED {
            let now = now();
            used.values_mut().for_each(|own| own.retain(|_, ends| *ends > now));
            used.retain(|_, own| !own.is_empty());
        }
        let is_room = count(&used) < MAX_USED;
        let own = used.entry(Principal::clone(caller.principal())).or_default();
        if !is_room || own.len() >= MAX_USED_BY_ONE {
            return Err(Stale::Used);
        }
        match own.insert(id, ends) {
            None => Ok(()),
            Some(_) => Err(Stale::Used),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_opens_once_and_one_caller_takes_none_from_others() {
        let (used, ann, bob) = (Used::default(), Caller::new("ann"), Caller::new("bob"));
        let (id, later) = (Uuid::now_v7(), now() + 600);
        assert_eq!((used.take(&ann, id, later), used.take(&ann, id, later)), (Ok(()), Err(Stale::Used)));
        for _ in 1..MAX_USED_BY_ONE {
            used.take(&ann, Uuid::now_v7(), later).unwrap();
        }
        assert_eq!(used.take(&ann, Uuid::now_v7(), later), Err(Stale::Used));
        assert_eq!(used.take(&bob, Uuid::now_v7(), later), Ok(()));
    }

    #[test]
    fn what_has_ended_makes_room() {
        let (used, ann) = (Used::default(), Caller::new("ann"));
        for _ in 0..MAX_USED_BY_ONE {
            used.take(&ann, Uuid::now_v7(), now()).unwrap();
        }
        assert_eq!(used.take(&ann, Uuid::now_v7(), now() + 600), Ok(()));
        assert_eq!(used.0.lock().unwrap().values().map(HashMap::len).sum::<usize>(), 1);
    }
}
