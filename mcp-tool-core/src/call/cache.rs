//! Cache of values that are computed or looked up for a caller, stored in the [`Caller`](super::caller::Caller) itself.

use std::{
    any::Any,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::sync;

/// Values computed or looked up for a caller, kept so that the caller's next call doesn't repeat this work.
///
/// A caller holds its claims and this cache in one `Arc`, so clones of the caller share one cache. The content of the
/// `Arc` is cloned only to change the claims. The values don't fit the changed claims, so the clone of a cache is
/// empty. The cache isn't part of the caller's identity: any two caches are equal.
#[derive(Debug, Default)]
pub(crate) struct CallerCache {
    /// The JSON members that describe the caller in audit records.
    pub(super) record: OnceLock<Box<str>>,
    /// The contracts that the caller last listed, as [`LastListed`](crate::pipeline::versions::LastListed) stores them.
    pub(super) last_listed: CacheSlot,
    /// The sliding windows that count the caller's calls of each tool with a rate.
    pub(super) rate_windows: CacheSlot,
    /// Holdings of the caller's user in the pools that all callers share.
    pub(super) holdings: CacheSlot,
}

impl Clone for CallerCache {
    fn clone(&self) -> Self {
        CallerCache::default()
    }
}

impl PartialEq for CallerCache {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for CallerCache {}

/// One cached value, valid until its source changes. The source is the object that computes or finds the value for the
/// caller, such as the store of a server's rate windows.
#[derive(Debug, Default)]
pub(crate) struct CacheSlot(Mutex<Option<(CacheVersion, Arc<dyn Any + Send + Sync>)>>);

/// Id of the source, made by [`CacheSlot::new_source_id`], and the number of changes of the source. The id matters if
/// one process has several servers, as in tests: a caller must not get a value that it cached for another server.
pub(crate) type CacheVersion = (u64, u64);

impl CacheSlot {
    /// Returns an id for a new source. No other source in the process has this id.
    pub(crate) fn new_source_id() -> u64 {
        static SOURCES: AtomicU64 = AtomicU64::new(0);
        SOURCES.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns the value cached for `version`. If there is none, computes a value and replaces the cached one with it.
    pub(crate) fn get<T: Send + Sync + 'static>(
        &self,
        version: CacheVersion,
        compute: impl FnOnce() -> T,
    ) -> Arc<T> {
        let mut slot = sync::lock(&self.0);
        if let Some((cached_version, value)) = &*slot
            && *cached_version == version
            && let Ok(value) = Arc::clone(value).downcast()
        {
            return value;
        }
        let value = Arc::new(compute());
        let cached: Arc<T> = Arc::clone(&value);
        *slot = Some((version, cached));
        value
    }
}
