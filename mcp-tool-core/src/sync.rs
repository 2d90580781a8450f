//! Locks whose values stay usable after a panic.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Returns the value of a [`LockResult`](std::sync::LockResult), even if the lock is poisoned. `Mutex::lock`,
/// `Mutex::into_inner` and `Condvar::wait` return such results.
///
/// A lock is poisoned if a thread panicked while it held the lock. In this workspace, such a panic leaves a valid
/// value, because code that holds a lock can't panic in the middle of a change. So later calls may use the value.
#[inline]
pub fn unpoisoned<T>(result: Result<T, PoisonError<T>>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}

/// Locks a mutex, even if it is poisoned.
#[inline]
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    unpoisoned(mutex.lock())
}

/// Locks for reading, even if the lock is poisoned.
#[inline]
pub fn read<T: ?Sized>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    unpoisoned(lock.read())
}

/// Locks for writing, even if the lock is poisoned.
#[inline]
pub fn write<T: ?Sized>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    unpoisoned(lock.write())
}
