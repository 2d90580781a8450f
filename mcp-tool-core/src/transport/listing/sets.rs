//! What was shown lately, kept for the next who sees the same.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::shown::{Shown, Visible};

/// Lists that are kept. Callers differ by the scopes that they hold, and a server's come in a few combinations.
pub(super) const MOST: usize = 64;
/// Bytes of their pages, all together. A list that alone has more is made for each request.
const ROOM: usize = 32 << 20;

/// Lists by what is seen in them. What is seen is the whole key, so nobody gets another's list: who asks was
/// decided on anew before it is looked up.
#[derive(Debug)]
pub(super) struct Sets {
    /// Bytes of their pages, all together.
    room: usize,
    kept: RwLock<HashMap<Visible, Kept>>,
    /// Grows with each look-up.
    clock: AtomicU64,
}

#[derive(Debug)]
struct Kept {
    shown: Arc<Shown>,
    /// Bytes of its pages, at most.
    size: usize,
    /// When it was last looked up.
    used: AtomicU64,
}

impl Default for Sets {
    fn default() -> Self {
        Sets { room: ROOM, kept: RwLock::default(), clock: AtomicU64::new(0) }
    }
}

impl Sets {
    /// The list of these tools: as it was kept, or made now, and kept in place of what was longest unused.
    pub(super) fn of(
        &self,
        visible: Visible,
        make: impl FnOnce(&Visible) -> Shown,
        size: impl FnOnce(&Shown) -> usize,
    ) -> Arc<Shown> {
        let now = self.clock.fetch_add(1, Ordering::Relaxed);
        if let Some(kept) = self.kept.read().unwrap_or_else(PoisonError::into_inner).get(&visible) {
            kept.used.store(now, Ordering::Relaxed);
            return Arc::clone(&kept.shown);
        }
        // Nobody waits while it is made.
        let shown = Arc::new(make(&visible));
        let size = size(&shown);
        if size > self.room {
            return shown;
        }
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = kept.get(&visible) {
            return Arc::clone(&other.shown);
        }
        while kept.len() >= MOST || kept.values().map(|kept| kept.size).sum::<usize>() + size > self.room {
            let oldest = kept.iter().min_by_key(|(_, kept)| kept.used.load(Ordering::Relaxed));
            let Some(oldest) = oldest.map(|(visible, _)| visible.clone()) else { break };
            kept.remove(&oldest);
        }
        kept.insert(visible, Kept { shown: Arc::clone(&shown), size, used: AtomicU64::new(now) });
        shown
    }
}

#[cfg(test)]
impl Sets {
    pub(super) fn with_room(room: usize) -> Self {
        Sets { room, ..Sets::default() }
    }

    /// How many lists are kept, and bytes of their pages.
    pub(super) fn kept(&self) -> (usize, usize) {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        (kept.len(), kept.values().map(|kept| kept.size).sum())
    }
}
