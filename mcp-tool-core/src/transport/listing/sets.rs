//! Recently made lists, cached for callers who see the same tools.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::shown::{ToolList, Visible};

/// Maximum cached lists. Callers differ by scopes, of which a server sees few combinations.
pub(super) const MAX_LISTS: usize = 64;
/// Maximum bytes of all cached pages. A list over the limit is made for each request.
const MAX_BYTES: usize = 32 << 20;

/// Lists by the set of tools in them. The whole set is the key, and the policy decides it again for each request, so a
/// caller never gets a list of tools that it may not see.
#[derive(Debug)]
pub(super) struct Sets {
    /// Maximum bytes of all cached pages.
    max_bytes: usize,
    cached: RwLock<HashMap<Visible, Cached>>,
    /// Counts look-ups, to find the least recently used list.
    clock: AtomicU64,
}

#[derive(Debug)]
struct Cached {
    list: Arc<ToolList>,
    /// Maximum bytes of its pages.
    bytes: usize,
    /// The clock at its last look-up.
    used_at: AtomicU64,
}

impl Default for Sets {
    fn default() -> Self {
        Sets { max_bytes: MAX_BYTES, cached: RwLock::default(), clock: AtomicU64::new(0) }
    }
}

impl Sets {
    /// The cached list of these tools, or a new one, cached in place of the least recently used.
    pub(super) fn get_or_make(
        &self,
        visible: Visible,
        make: impl FnOnce(&Visible) -> ToolList,
        bytes_of: impl FnOnce(&ToolList) -> usize,
    ) -> Arc<ToolList> {
        let now = self.clock.fetch_add(1, Ordering::Relaxed);
        if let Some(cached) = self.cached.read().unwrap_or_else(PoisonError::into_inner).get(&visible) {
            cached.used_at.store(now, Ordering::Relaxed);
            return Arc::clone(&cached.list);
        }
        // Made without the lock, so that no other caller waits.
        let list = Arc::new(make(&visible));
        let bytes = bytes_of(&list);
        if bytes > self.max_bytes {
            return list;
        }
        let mut cached = self.cached.write().unwrap_or_else(PoisonError::into_inner);
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
impl Sets {
    pub(super) fn with_max_bytes(max_bytes: usize) -> Self {
        Sets { max_bytes, ..Sets::default() }
    }

    /// The number of cached lists, and the bytes of their pages.
    pub(super) fn cached(&self) -> (usize, usize) {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        (cached.len(), cached.values().map(|cached| cached.bytes).sum())
    }
}
