//! Values computed for a caller and kept with it.

use std::{
    any::Any,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::sync;

/// Values computed from a caller's claims, kept so that its next call doesn't compute them again.
///
/// They aren't part of the caller's identity, so comparison ignores them. A clone starts empty, because claims are
/// cloned only to be changed.
#[derive(Debug, Default)]
pub(crate) struct CallerCache {
    /// The members of the caller's audit records.
    pub(super) record: OnceLock<Box<str>>,
    /// The contracts that the caller listed last.
    pub(super) last_listed: CacheSlot,
    /// The windows of the caller's rate limits.
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

/// One cached value, valid until its source changes. A source is an object that computes such values from callers, such
/// as the rate limits of a server.
#[derive(Debug, Default)]
pub(crate) struct CacheSlot(Mutex<Option<(CacheVersion, Arc<dyn Any + Send + Sync>)>>);

/// Id of the source, made by [`CacheSlot::new_source_id`], and the number of its changes.
pub(crate) type CacheVersion = (u64, u64);

impl CacheSlot {
    /// Returns an id for a new source, unique in the process.
    pub(crate) fn new_source_id() -> u64 {
        static SOURCES: AtomicU64 = AtomicU64::new(0);
        SOURCES.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns the value cached for `version`, or computes and caches it.
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
