//! Cache of values that are computed from a caller, stored in the [`Caller`](super::caller::Caller) itself.

use std::{
    any::Any,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::sync;

/// Values computed from a caller's claims, kept so that the caller's next call doesn't compute them
/// again.
///
/// The cache isn't part of the caller's identity: any two caches are equal. Clones of a caller
/// share one cache. A clone of the cache itself is empty, because the claims and their cache are
/// cloned only to change the claims.
#[derive(Debug, Default)]
pub(crate) struct CallerCache {
    /// The JSON members that describe the caller in audit records.
    pub(super) record: OnceLock<Box<str>>,
    /// The contracts that the caller last listed, as [`LastListed`](crate::pipeline::versions::LastListed) stores them.
    pub(super) last_listed: CacheSlot,
    /// The rate windows in which the caller's calls are counted.
    pub(super) rate_windows: CacheSlot,
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

/// One cached value, valid until its source changes. The source is the object that computes the value from the caller,
/// such as the rate limits of a server.
#[derive(Debug, Default)]
pub(crate) struct CacheSlot(Mutex<Option<(CacheVersion, Arc<dyn Any + Send + Sync>)>>);

/// Id of the source, made by [`CacheSlot::new_source_id`], and the number of changes of the source.
pub(crate) type CacheVersion = (u64, u64);

impl CacheSlot {
    /// Returns an id for a new source, unique in the process.
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
