//! The windows of all callers, bounded in number.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use mcp_tool_contract::{
    digest::Digest,
    model::{Contract, Rate},
};

use super::window::{Nanoseconds, RateWindow};
use crate::{call::caller::Caller, sync::lock};

/// Number of windows that are checked for idleness when one is added, so that memory shrinks again after a peak.
const CHECKED_PER_INSERT: usize = 2;

/// Digest of caller and tool, so that keys have the same size for names of any length.
pub(super) type WindowKey = [u8; 32];

/// A window, shared by the store and its caller's cache.
pub(super) type SharedWindow = Arc<Mutex<RateWindow>>;

/// The windows of all callers.
#[derive(Debug, Default)]
pub(super) struct WindowStore {
    pub(super) windows: HashMap<WindowKey, SharedWindow>,
    /// One entry per window, earliest first, with a time before which the window isn't idle.
    pub(super) idle: BinaryHeap<Reverse<(Nanoseconds, WindowKey)>>,
}

impl WindowStore {
    /// Finds or creates the window of `key` and counts a call in it. Removes idle windows before it creates one.
    ///
    /// # Errors
    /// The time until a window may be idle, if there are `max` windows and none of them is idle.
    pub(super) fn take(
        &mut self,
        key: WindowKey,
        rate: Rate,
        now: Nanoseconds,
        max: usize,
    ) -> Result<(SharedWindow, Result<Nanoseconds, Duration>), Duration> {
        if let Some(window) = self.windows.get(&key) {
            let taken = lock(window).take(now);
            return Ok((Arc::clone(window), taken));
        }
        self.remove_idle(now, max);
        if self.windows.len() >= max {
            let idle_at = self.idle.peek().map_or(now, |Reverse((at, _))| *at);
            return Err(Duration::from_nanos(idle_at.saturating_sub(now)));
        }
        let mut window = RateWindow::new(rate);
        let taken = window.take(now);
        self.idle.push(Reverse((window.idle_at(), key)));
        let window = Arc::new(Mutex::new(window));
        self.windows.insert(key, Arc::clone(&window));
        Ok((window, taken))
    }

    /// Removes a few idle windows; if the store is full, as many as it takes to find one.
    fn remove_idle(&mut self, now: Nanoseconds, max: usize) {
        let mut checked = 0;
        while let Some(Reverse((at, key))) = self.idle.peek().copied()
            && at <= now
            && (checked < CHECKED_PER_INSERT || self.windows.len() >= max)
        {
            checked += 1;
            self.idle.pop();
            let Some(window) = self.windows.get(&key) else { continue };
            let mut window = lock(window);
            match window.idle_at() {
                // The window was used after this entry was made.
                later if later > now => self.idle.push(Reverse((later, key))),
                // Calls that still hold the window must not count in it, since the store may create another one.
                _ => {
                    window.is_removed = true;
                    drop(window);
                    self.windows.remove(&key);
                }
            }
        }
    }
}

/// Returns the key of a caller's window. The name that a local client gives itself isn't part of the key, since the
/// client could get another window by another name.
pub(super) fn window_key(caller: &Caller, contract: &Contract) -> WindowKey {
    let agent = caller.agent().filter(|_| !caller.is_local());
    let major = contract.version().major().to_string();
    let principal = [caller.issuer(), caller.tenant(), Some(caller.user()), agent];
    let parts = principal.into_iter().chain([Some(contract.name()), Some(&*major)]);
    let mut bytes = Vec::with_capacity(128);
    for part in parts {
        // The length before each part keeps two callers from having the same bytes.
        let length = part.map_or(u64::MAX, |part| part.len() as u64);
        bytes.extend(length.to_le_bytes());
        bytes.extend(part.unwrap_or_default().as_bytes());
    }
    *Digest::of_bytes(&bytes).bytes()
}
