//! Values computed for a caller and kept with it.

use std::{
    any::Any,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::sync;

/// Values computed from a caller, so that each call of it doesn't compute them again. They are no part of its
/// identity: equality ignores them and a clone starts empty, since a caller is cloned to be changed.
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

/// One cached value of one source, valid until the source changes.
#[derive(Debug, Default)]
pub(crate) struct CacheSlot(Mutex<Option<(CacheVersion, Arc<dyn Any + Send + Sync>)>>);

/// Id of the source, as [`CacheSlot::source`] returns it, and the number of its changes.
pub(crate) type CacheVersion = (u64, u64);

impl CacheSlot {
    /// Returns the id of a new source, unique in the process.
    pub(crate) fn source() -> u64 {
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
