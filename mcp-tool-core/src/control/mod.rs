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

use crate::{
    announce::Announcements,
    call::caller::Caller,
    ports::{Issued, Revocations},
    sync,
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
    /// `true` while the file can't be applied. The last applied state then stays in effect.
    is_stale: AtomicBool,
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

    /// Returns `false` while the control file can't be applied; `true` for a server without a control file.
    pub(crate) fn is_current(&self) -> bool {
        !self.0.as_ref().is_some_and(|shared| shared.is_stale.load(Ordering::Acquire))
    }

    pub(crate) fn has_disabled_tools(&self) -> bool {
        self.read(ControlState::has_disabled_tools).unwrap_or(false)
    }

    /// Returns `true` if the tool is disabled. A disabled tool is disabled in all its versions.
    pub(crate) fn is_tool_disabled(&self, tool: &str) -> bool {
        self.read(|state| state.is_tool_disabled(tool)).unwrap_or(false)
    }

    /// Returns the part of `caller` that is disabled: the user or, if the user is enabled, the client, also one that the
    /// token doesn't name. `None` if the caller may use the server.
    pub fn disabled_part(&self, caller: &Caller) -> Option<Disabled> {
        self.read(|state| state.disabled_part(caller)).flatten()
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
    /// Applies a new state, and notifies clients if their lists of tools may have changed.
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
