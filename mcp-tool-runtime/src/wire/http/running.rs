//! Calls in flight outside sessions: a legacy client cancels by a message of its own, and doesn't hang up.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::{
    identity::Caller,
    wire::{
        answer::{self, Framed},
        message::{Fault, Id, code},
    },
};

/// Calls of legacy clients, by whose they are and by their ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    calls: Arc<Mutex<HashMap<Key, Vec<Arc<Notify>>>>>,
}

/// Clients number their calls alike: an id alone says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    tenant: Option<String>,
    user: String,
    agent: Option<String>,
    id: Id,
}

impl Key {
    fn new(caller: &Caller, id: Id) -> Self {
        let (tenant, agent) = (caller.tenant().map(str::to_owned), caller.agent().map(str::to_owned));
        Key { tenant, user: caller.user().to_owned(), agent, id }
    }
}

impl Running {
    /// A place for a call, held while it runs.
    pub(super) fn enter(&self, caller: &Caller, id: Id) -> Place {
        let place = Place { running: self.clone(), key: Key::new(caller, id), cancelled: Arc::default() };
        self.lock().entry(place.key.clone()).or_default().push(Arc::clone(&place.cancelled));
        place
    }

    /// Cancels the caller's call of that id. Where two of its clients run one each, neither is surely meant.
    pub(super) fn cancel(&self, caller: &Caller, id: Id) {
        if let Some([call]) = self.lock().get(&Key::new(caller, id)).map(Vec::as_slice) {
            call.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Vec<Arc<Notify>>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call's place among those in flight.
#[derive(Debug)]
pub(super) struct Place {
    running: Running,
    key: Key,
    cancelled: Arc<Notify>,
}

impl Place {
    /// Carries the call out, unless its caller cancels it on the way.
    pub(super) async fn unless_cancelled(self, call: impl Future<Output = Framed>) -> Framed {
        tokio::select! {
            biased;
            framed = call => framed,
            () = self.cancelled.notified() => {
                let fault = Fault::new(code::CANCELLED, "cancelled by notifications/cancelled");
                Framed { status: 200, ..answer::fault(&fault.to(&self.key.id)) }
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut calls = self.running.lock();
        if let Some(alike) = calls.get_mut(&self.key) {
            alike.retain(|other| !Arc::ptr_eq(other, &self.cancelled));
            if alike.is_empty() {
                calls.remove(&self.key);
            }
        }
    }
}
