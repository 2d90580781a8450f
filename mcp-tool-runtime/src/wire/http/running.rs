//! Requests in flight: outside sessions a legacy client cancels by a message of its own, and doesn't hang up;
//! inside one, two requests can't share an id.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::{
    identity::{Caller, Principal},
    wire::{
        answer::{self, Framed},
        fault::{Fault, code},
        id::Id,
    },
};

/// Requests of legacy clients, by whose they are and by their ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    calls: Arc<Mutex<HashMap<Key, Vec<Arc<Notify>>>>>,
}

/// Clients number their calls alike: an id alone says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Sender { principal: Arc<Principal>, id: Id },
    Session { session: String, id: Id },
}

impl Key {
    fn new(caller: &Caller, id: Id) -> Self {
        Key::Sender { principal: Arc::clone(caller.principal()), id }
    }

    fn id(&self) -> &Id {
        match self {
            Key::Sender { id, .. } | Key::Session { id, .. } => id,
        }
    }
}

impl Running {
    /// A place for a call, held while it runs.
    pub(super) fn enter(&self, caller: &Caller, id: Id) -> Place {
        let place = Place { running: self.clone(), key: Key::new(caller, id), cancelled: Arc::default() };
        self.lock().entry(place.key.clone()).or_default().push(Arc::clone(&place.cancelled));
        place
    }

    /// A place for a request of a session, unless another with that id is still there.
    pub(super) fn enter_session(&self, session: &str, id: &Id) -> Option<Place> {
        let key = Key::Session { session: session.to_owned(), id: id.clone() };
        let place = Place { running: self.clone(), key, cancelled: Arc::default() };
        let is_first = {
            let mut calls = self.lock();
            let alike = calls.entry(place.key.clone()).or_default();
            alike.push(Arc::clone(&place.cancelled));
            alike.len() == 1
        };
        is_first.then_some(place)
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
                Framed { status: 200, ..answer::fault(&fault.to(self.key.id())) }
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
