//! Disabled tools, clients and users, and revoked tokens. The commands `disable`, `enable` and `revoke` append entries
//! to the control file, which the setting `control.file` names. Every server with this setting watches the file, and
//! applies new entries within a second.

pub mod entry;
pub mod file;
mod state;
mod watch;

use std::{
    path::Path,
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

pub use state::{ControlState, Disabled};
#[cfg(feature = "http")]
use tokio::sync::watch::Receiver;
use tokio::sync::watch::Sender;

use crate::{
    announce::Announcements,
    call::caller::Caller,
    ports::{Issued, Revocations},
    sync,
    watchdog::StallDetector,
};

/// The control state of a server: everything that is disabled or revoked. Clones share the state. Contains `None` if
/// the server has no control file.
#[derive(Clone, Debug, Default)]
pub struct Controls(Option<Arc<SharedControls>>);

#[derive(Debug, Default)]
struct SharedControls {
    current: RwLock<ControlState>,
    /// `true` if something is disabled or revoked. On most servers, nothing is disabled or revoked, and calls read only
    /// this flag.
    is_active: AtomicBool,
    /// Number of states that were applied so far. When this number grows, the cache of verified tokens is cleared.
    generation: AtomicU64,
    /// Notifies open event streams when `generation` grows.
    changed: Sender<()>,
    /// `true` while the file can't be applied. The last applied state then stays in effect.
    is_stale: AtomicBool,
    /// Number of checks of the file that have ended.
    checks: AtomicU64,
    /// `true` while the thread that checks the file hangs, or after it has ended.
    is_stalled: AtomicBool,
    /// Tells clients that their list of tools may have changed.
    announcements: Option<Announcements>,
}

impl Controls {
    /// Returns the controls of a server without a control file, where nothing is disabled or revoked.
    pub(crate) fn none() -> Self {
        Controls::default()
    }

    /// Applies a control file, and starts to watch the file. If the file doesn't exist, creates it.
    ///
    /// # Errors
    /// The file can't be created, read or applied. The server must not start without its revocations.
    pub(crate) fn open(path: &Path, announcements: &Announcements) -> Result<Self, String> {
        let announcements = Some(announcements.clone());
        let shared = Arc::new(SharedControls { announcements, ..SharedControls::default() });
        watch::start(path, &shared).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Controls(Some(shared)))
    }

    /// Returns `true` if the server has a control file.
    pub(crate) const fn has_file(&self) -> bool {
        self.0.is_some()
    }

    /// Returns `false` while the control file can't be applied, or its check hangs; `true` for a server without a
    /// control file.
    pub(crate) fn is_current(&self) -> bool {
        let is_stale = |shared: &Arc<SharedControls>| {
            shared.is_stale.load(Ordering::Acquire) || shared.is_stalled.load(Ordering::Acquire)
        };
        !self.0.as_ref().is_some_and(is_stale)
    }

    pub(crate) fn has_disabled_tools(&self) -> bool {
        self.read(ControlState::has_disabled_tools).unwrap_or(false)
    }

    /// Returns `true` if the tool is disabled. A disabled tool is disabled in all its versions.
    pub(crate) fn is_tool_disabled(&self, tool: &str) -> bool {
        self.read(|state| state.is_tool_disabled(tool)).unwrap_or(false)
    }

    /// Returns the part of `caller` that is disabled: the user or, if the user is enabled, the client. A token that
    /// names no client may count as one of a disabled client. `None` if the caller may use the server.
    pub fn disabled_part(&self, caller: &Caller) -> Option<Disabled> {
        self.read(|state| state.disabled_part(caller)).flatten()
    }

    /// Returns a receiver that is notified when another state is applied; `None` for a server without a control file.
    #[cfg(feature = "http")]
    pub(crate) fn changes(&self) -> Option<Receiver<()>> {
        self.0.as_ref().map(|shared| shared.changed.subscribe())
    }

    /// Passes the state to `read`, and returns the result. Returns `None` while nothing is disabled or revoked, and on
    /// a server without a control file.
    fn read<T>(&self, read: impl FnOnce(&ControlState) -> T) -> Option<T> {
        let shared = self.0.as_ref().filter(|shared| shared.is_active.load(Ordering::Acquire))?;
        Some(read(&sync::read(&shared.current)))
    }
}

impl Revocations for Controls {
    fn generation(&self) -> u64 {
        self.0.as_ref().map_or(0, |shared| shared.generation.load(Ordering::Acquire))
    }

    fn is_revoked(&self, token: &Issued<'_>) -> bool {
        self.read(|state| state.is_revoked(token)).unwrap_or(false)
    }
}

impl SharedControls {
    /// Detects that the thread that checks the file hangs or has ended, or checks again. Logs each change.
    fn check_watcher(&self, detector: &mut StallDetector) {
        let checks = self.checks.load(Ordering::Acquire);
        // One further check is always requested.
        let is_stalled = detector.is_stalled(checks, checks + 1);
        if self.is_stalled.swap(is_stalled, Ordering::AcqRel) == is_stalled {
            return;
        }
        if is_stalled {
            tracing::error!(
                "the check of the control file hangs or has ended: keeping the last known revocations"
            );
        } else {
            tracing::warn!("the control file is checked again");
        }
    }

    /// Applies a new state, and notifies clients if their lists of tools may have changed.
    fn replace(&self, state: ControlState) {
        let is_active = !state.is_empty();
        let mut current = sync::write(&self.current);
        let lists_change = !current.disables_same(&state);
        *current = state;
        self.is_active.store(is_active, Ordering::Release);
        self.generation.fetch_add(1, Ordering::Release);
        self.changed.send_replace(());
        drop(current);
        if let Some(announcements) = self.announcements.as_ref().filter(|_| lists_change) {
            announcements.tools_changed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watcher_that_hangs_makes_the_controls_stale_until_it_checks_again() {
        let shared = Arc::new(SharedControls::default());
        let (controls, mut detector) = (Controls(Some(Arc::clone(&shared))), StallDetector::default());
        // The watchdog checks five times while the watcher ends a check each time.
        for _ in 0..5 {
            shared.checks.fetch_add(1, Ordering::Release);
            shared.check_watcher(&mut detector);
        }
        assert!(controls.is_current());
        let ticks = (0..100).take_while(|_| {
            shared.check_watcher(&mut detector);
            controls.is_current()
        });
        assert!(ticks.count() < 10, "the controls of a watcher that hangs stayed current");
        for _ in 0..10 {
            shared.checks.fetch_add(1, Ordering::Release);
            shared.check_watcher(&mut detector);
        }
        assert!(controls.is_current());
    }
}
