//! Disabled tools, clients and users, and revoked tokens. Commands append entries to the control file, and every server
//! that reads the file applies them within a second.

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

use crate::{
    announce::Announcements,
    call::caller::Caller,
    ports::{Issued, Revocations},
    sync,
};

/// The control state of a server. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Controls(Option<Arc<SharedControls>>);

#[derive(Debug, Default)]
struct SharedControls {
    current: RwLock<ControlState>,
    /// The state isn't empty. While it is empty, as on most servers, calls read nothing but this flag.
    is_active: AtomicBool,
    generation: AtomicU64,
    /// The file is unreadable or was modified, so the last known state stays in effect.
    is_stale: AtomicBool,
    /// Notifies clients when their list of tools may have changed.
    announcements: Option<Announcements>,
}

impl Controls {
    /// The controls of a server without a control file.
    pub(crate) fn none() -> Self {
        Controls::default()
    }

    /// Reads a control file, creates it if it doesn't exist, and watches it from now on.
    ///
    /// # Errors
    /// The file is unreadable or invalid; the server must not start then.
    pub(crate) fn open(path: &Path, announcements: &Announcements) -> Result<Self, String> {
        let announcements = Some(announcements.clone());
        let shared = Arc::new(SharedControls { announcements, ..SharedControls::default() });
        watch::start(path, &shared).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Controls(Some(shared)))
    }

    /// Returns `true` if there is a control file.
    pub(crate) const fn has_file(&self) -> bool {
        self.0.is_some()
    }

    /// Returns `false` while the control file can't be applied.
    pub(crate) fn is_current(&self) -> bool {
        !self.0.as_ref().is_some_and(|shared| shared.is_stale.load(Ordering::Acquire))
    }

    pub(crate) fn has_disabled_tools(&self) -> bool {
        self.read(ControlState::has_disabled_tools).unwrap_or(false)
    }

    /// Returns `true` if the tool is disabled, in all its versions.
    pub(crate) fn is_tool_disabled(&self, tool: &str) -> bool {
        self.read(|state| state.is_tool_disabled(tool)).unwrap_or(false)
    }

    /// Returns the part of a caller that is disabled.
    pub fn disabled_part(&self, caller: &Caller) -> Option<Disabled> {
        self.read(|state| state.disabled_part(caller)).flatten()
    }

    /// Reads the state; `None` while it is empty.
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
    fn replace(&self, state: ControlState) {
        let is_active = !state.is_empty();
        let mut current = sync::write(&self.current);
        let lists_change = !current.disables_same(&state);
        *current = state;
        self.is_active.store(is_active, Ordering::Release);
        self.generation.fetch_add(1, Ordering::Release);
        drop(current);
        if let Some(announcements) = self.announcements.as_ref().filter(|_| lists_change) {
            announcements.tools_changed();
        }
    }
}
