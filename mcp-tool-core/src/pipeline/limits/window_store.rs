//! The rate-limit windows of all callers, limited in number. A window counts the recent calls of one caller to one
//! tool, and is idle when no call counts any more.

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
use crate::{call::caller::Caller, shares::Share, sync::lock};

/// Maximum number of windows that are checked when a window is added; idle ones are removed. Each addition can thus
/// remove more windows than it adds, so the number of windows shrinks again after a peak.
const CHECKED_PER_INSERT: usize = 2;

/// Digest of caller, tool name and major version. It is a digest, so that its size doesn't depend on the names.
pub(super) type WindowKey = [u8; 32];

/// A window, shared by the store and by the cache in its `Caller`, where the caller's next call finds it without a
/// search.
pub(super) type SharedWindow = Arc<Mutex<RateWindow>>;

/// The windows of all callers, each with the share of the caller's user that the window takes.
#[derive(Debug, Default)]
pub(super) struct WindowStore {
    pub(super) windows: HashMap<WindowKey, (SharedWindow, Share)>,
    /// One entry for each window, with the time from which the calls that were in it when the entry was made no longer
    /// count. The earliest time comes first. Later calls don't change the entry, so the window may become idle later.
    pub(super) idle: BinaryHeap<Reverse<(Nanoseconds, WindowKey)>>,
}

/// The reason why the store can't add a window. Contains the time until a window may be idle.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoWindow {
    /// The store has its maximum number of windows.
    Full(Duration),
    /// The caller's user has its maximum number of windows.
    UserFull(Duration),
}

impl WindowStore {
    /// Finds or creates the window of `key`, and counts a call in the window. Returns the window, and the result of
    /// [`RateWindow::take`]: the time of the counted call, or if the rate is used up, the time until the next call is
    /// allowed. Removes idle windows before it creates a window. `share` takes the share of the caller's user, and
    /// returns `None` if the user has its maximum number of windows.
    ///
    /// # Errors
    /// If `key` has no window, and the user has its maximum of windows, or there are `max` windows of which none is
    /// idle.
    pub(super) fn take(
        &mut self,
        key: WindowKey,
        rate: Rate,
        now: Nanoseconds,
        max: usize,
        share: impl Fn() -> Option<Share>,
    ) -> Result<(SharedWindow, Result<Nanoseconds, Duration>), NoWindow> {
        if let Some((window, _)) = self.windows.get(&key) {
            let taken = lock(window).take(now);
            return Ok((Arc::clone(window), taken));
        }
        let share = self.remove_idle(now, max, share);
        let idle_at = self.idle.peek().map_or(now, |Reverse((at, _))| *at);
        let until_idle = Duration::from_nanos(idle_at.saturating_sub(now));
        let share = share.ok_or(NoWindow::UserFull(until_idle))?;
        if self.windows.len() >= max {
            return Err(NoWindow::Full(until_idle));
        }
        let mut window = RateWindow::new(rate);
        let taken = window.take(now);
        self.idle.push(Reverse((window.idle_at(), key)));
        let window = Arc::new(Mutex::new(window));
        self.windows.insert(key, (Arc::clone(&window), share));
        Ok((window, taken))
    }

    /// Checks up to [`CHECKED_PER_INSERT`] windows and removes those that are idle. If there are `max` windows, or
    /// `share` returns `None`, continues until that has changed or no other window can be idle. Returns the share.
    fn remove_idle(
        &mut self,
        now: Nanoseconds,
        max: usize,
        share: impl Fn() -> Option<Share>,
    ) -> Option<Share> {
        let mut checked = 0;
        let mut taken = share();
        while let Some(Reverse((at, key))) = self.idle.peek().copied()
            && at <= now
            && (checked < CHECKED_PER_INSERT || self.windows.len() >= max || taken.is_none())
        {
            checked += 1;
            self.idle.pop();
            let Some((window, _)) = self.windows.get(&key) else { continue };
            let mut window = lock(window);
            match window.idle_at() {
                // The window was used after this entry was made.
                later if later > now => self.idle.push(Reverse((later, key))),
                // The window is idle. A caller that still caches it must not count calls in it, since the store may
                // create another window for the same key.
                _ => {
                    window.is_removed = true;
                    drop(window);
                    self.windows.remove(&key);
                    taken = taken.or_else(&share);
                }
            }
        }
        taken
    }
}

/// Returns the key of the window of a caller and a tool. The agent of the local user isn't part of the key: it is the
/// name that the client gives itself, and a client that changes its name must not get another window.
pub(super) fn window_key(caller: &Caller, contract: &Contract) -> WindowKey {
    let agent = caller.agent().filter(|_| !caller.is_local());
    let major = contract.version().major().to_string();
    let principal = [caller.issuer(), caller.tenant(), Some(caller.user()), agent];
    let parts = principal.into_iter().chain([Some(contract.name()), Some(&*major)]);
    let mut bytes = Vec::with_capacity(128);
    for part in parts {
        // Each part follows its length, so that different parts never have the same bytes. A length of `u64::MAX` marks
        // an absent part.
        let length = part.map_or(u64::MAX, |part| part.len() as u64);
        bytes.extend(length.to_le_bytes());
        bytes.extend(part.unwrap_or_default().as_bytes());
    }
    *Digest::of_bytes(&bytes).bytes()
}
