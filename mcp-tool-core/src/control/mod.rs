//! Orders of the operator: tools, clients and users that are switched off, tokens that are revoked. They stand
//! in a file that commands append to, and hold within a second in every server that has it.

pub mod file;
pub mod order;
mod orders;
mod watch;

use std::{
    path::Path,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

pub use orders::{Off, Orders};

use crate::{
    announce::Announcements,
    call::caller::Caller,
    ports::{Issued, Revocations},
};

/// What is in force now. Clones see the same.
#[derive(Clone, Debug, Default)]
pub struct Controls(Option<Arc<Shared>>);

#[derive(Debug, Default)]
struct Shared {
    orders: RwLock<Orders>,
    /// Whether there are any: most servers have none, and ask nothing more.
    any: AtomicBool,
    generation: AtomicU64,
    /// Whether the file can't be heeded any more: the orders before stay in force, and new ones aren't heard.
    deaf: AtomicBool,
    /// Clients that listen are told when their lists may have changed.
    announcements: Option<Announcements>,
}

impl Controls {
    /// A server without a control file.
    pub(crate) fn none() -> Self {
        Controls::default()
    }

    /// The orders of a file, which is made if it isn't there, and watched from now on.
    ///
    /// # Errors
    /// What is wrong with it: a server that can't read its orders doesn't start.
    pub(crate) fn open(path: &Path, announcements: &Announcements) -> Result<Self, String> {
        let shared = Arc::new(Shared { announcements: Some(announcements.clone()), ..Shared::default() });
        watch::start(path, &shared).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Controls(Some(shared)))
    }

    /// Whether orders can come.
    pub(crate) const fn are_heeded(&self) -> bool {
        self.0.is_some()
    }

    /// Whether new orders would be heard, where they can come.
    pub(crate) fn are_heard(&self) -> bool {
        !self.0.as_ref().is_some_and(|shared| shared.deaf.load(Ordering::Acquire))
    }

    /// Whether any tool is off.
    pub(crate) fn any_tool_is_off(&self) -> bool {
        self.ask(Orders::any_tool_is_off).unwrap_or(false)
    }

    /// Whether a tool is off, in all its versions.
    pub(crate) fn tool_is_off(&self, tool: &str) -> bool {
        self.ask(|orders| orders.tool_is_off(tool)).unwrap_or(false)
    }

    /// Whether a caller is off, by its user or its agent.
    pub fn is_off(&self, caller: &Caller) -> Option<Off> {
        self.ask(|orders| orders.is_off(caller)).flatten()
    }

    fn ask<T>(&self, question: impl FnOnce(&Orders) -> T) -> Option<T> {
        let shared = self.0.as_ref().filter(|shared| shared.any.load(Ordering::Acquire))?;
        let orders = shared.orders.read().unwrap_or_else(PoisonError::into_inner);
        Some(question(&orders))
    }
}

impl Revocations for Controls {
    fn generation(&self) -> u64 {
        self.0.as_ref().map_or(0, |shared| shared.generation.load(Ordering::Acquire))
    }

    fn is_revoked(&self, token: &Issued<'_>) -> bool {
        self.ask(|orders| orders.is_revoked(token)).unwrap_or(false)
    }
}

impl Shared {
    fn swap(&self, orders: Orders) {
        let any = !orders.is_empty();
        let mut held = self.orders.write().unwrap_or_else(PoisonError::into_inner);
        let lists_change = !held.shows_the_same_as(&orders);
        *held = orders;
        self.any.store(any, Ordering::Release);
        self.generation.fetch_add(1, Ordering::Release);
        drop(held);
        if let Some(announcements) = self.announcements.as_ref().filter(|_| lists_change) {
            announcements.tools_changed();
        }
    }
}
