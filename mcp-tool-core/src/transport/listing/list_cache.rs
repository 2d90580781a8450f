//! Cache of tool lists, for callers who see some of the tools. The key of a list is [`Visible`], the set of its tools.

use std::{
    collections::HashMap,
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::tool_list::{ToolList, Visible};
use crate::sync;

/// Maximum number of cached lists. Few are needed, because most callers have one of few combinations of scopes.
pub(super) const MAX_LISTS: usize = 64;
/// Maximum total size of all cached pages, in bytes. A single list above this limit is not cached.
const MAX_BYTES: usize = 32 << 20;

/// Cached tool lists. The key, which says for each tool if and by which name it is listed, is computed for each request from the
/// caller's rights, so a caller can't get another caller's list.
#[derive(Debug)]
pub(super) struct ListCache {
    /// Maximum total size of all cached pages, in bytes.
    max_bytes: usize,
    cached: RwLock<HashMap<Visible, Cached>>,
    /// Number of look-ups so far, used to find the least recently used list.
    clock: AtomicU64,
}

#[derive(Debug)]
struct Cached {
    list: Arc<ToolList>,
    /// Size of all pages of the list, in bytes. A page is written at its first request, but is counted from the start.
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
    /// Returns the cached list of the tools in `visible`. If no such list is cached, makes and caches the list, and
    /// evicts the least recently used lists until no limit is exceeded. A list above the maximum size is not cached.
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
        // Made before the lock is taken, so that no other request waits.
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

    /// Returns the number of cached lists, and the total size of their pages in bytes.
    pub(super) fn usage(&self) -> (usize, usize) {
        let cached = sync::read(&self.cached);
        (cached.len(), cached.values().map(|cached| cached.bytes).sum())
    }
}
