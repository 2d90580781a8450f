//! Cache of tool lists, by the set of tools in them.

use std::{
    collections::HashMap,
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::shown::{ToolList, Visible};
use crate::sync;

/// Maximum cached lists. Callers see different tools because they hold different scopes, in few combinations.
pub(super) const MAX_LISTS: usize = 64;
/// Maximum bytes of all cached pages. A list above this limit is not cached.
const MAX_BYTES: usize = 32 << 20;

/// Cached tool lists. The key is the whole set of listed tools. Each request determines the set of its caller by the
/// policy, so a caller never gets a list with tools that it may not see.
#[derive(Debug)]
pub(super) struct ListCache {
    /// Maximum bytes of all cached pages.
    max_bytes: usize,
    cached: RwLock<HashMap<Visible, Cached>>,
    /// Number of look-ups so far, to find the least recently used list.
    clock: AtomicU64,
}

#[derive(Debug)]
struct Cached {
    list: Arc<ToolList>,
    /// Maximum bytes of the list's pages.
    bytes: usize,
    /// Value of `clock` at the list's last look-up.
    used_at: AtomicU64,
}

impl Default for ListCache {
    fn default() -> Self {
        ListCache { max_bytes: MAX_BYTES, cached: RwLock::default(), clock: AtomicU64::new(0) }
    }
}

impl ListCache {
    /// Returns the cached list of `visible`. If there is none, makes the list and caches it, and evicts the least
    /// recently used lists if a limit is exceeded.
    pub(super) fn get_or_make(
        &self,
        visible: Visible,
        make: impl FnOnce(&Visible) -> ToolList,
        size: impl FnOnce(&ToolList) -> usize,
    ) -> Arc<ToolList> {
        let now = self.clock.fetch_add(1, Ordering::Relaxed);
        if let Some(cached) = sync::read(&self.cached).get(&visible) {
            cached.used_at.store(now, Ordering::Relaxed);
            return Arc::clone(&cached.list);
        }
        // Made without the lock, so that no other caller waits.
        let list = Arc::new(make(&visible));
        let bytes = size(&list);
        if bytes > self.max_bytes {
            return list;
        }
        let mut cached = sync::write(&self.cached);
        if let Some(other) = cached.get(&visible) {
            return Arc::clone(&other.list);
        }
        while cached.len() >= MAX_LISTS
            || cached.values().map(|cached| cached.bytes).sum::<usize>() + bytes > self.max_bytes
        {
            let oldest = cached.iter().min_by_key(|(_, cached)| cached.used_at.load(Ordering::Relaxed));
            let Some(oldest) = oldest.map(|(visible, _)| visible.clone()) else { break };
            cached.remove(&oldest);
        }
        cached.insert(visible, Cached { list: Arc::clone(&list), bytes, used_at: AtomicU64::new(now) });
        list
    }
}

#[cfg(test)]
impl ListCache {
    pub(super) fn with_max_bytes(max_bytes: usize) -> Self {
        ListCache { max_bytes, ..ListCache::default() }
    }

    /// The number of cached lists, and the bytes of their pages.
    pub(super) fn usage(&self) -> (usize, usize) {
        let cached = sync::read(&self.cached);
        (cached.len(), cached.values().map(|cached| cached.bytes).sum())
    }
}
