//! Requests in flight: outside sessions a legacy client cancels by a message of its own, and doesn't hang up;
//! inside one, two requests can't share an id.

use std::{
    collections::{HashMap, VecDeque},
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
};

use tokio::sync::Notify;

use crate::{
    call::caller::{Caller, Principal},
    transport::{
        answer::{self, Framed},
        fault::{ProtocolError, code},
        id::Id,
    },
};

/// Requests of legacy clients, by whose they are and by their ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    lists: Mutex<Lists>,
    /// How many cancellations found nothing.
    missed: AtomicU64,
}

#[derive(Debug, Default)]
struct Lists {
    calls: HashMap<Key, Vec<Arc<Notify>>>,
    missed: VecDeque<Missed>,
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

/// What was to be cancelled and wasn't found, with the number of such messages before it.
#[derive(Debug)]
struct Missed {
    key: Key,
    number: u64,
}

/// Cancellations that are remembered, although nothing was found: a call that was only just begun isn't in the list
/// yet.
const MISSED: usize = 256;

impl Running {
    /// A call that can be cancelled from now on.
    pub(super) fn cancellable(&self) -> Cancellable {
        Cancellable { running: self.clone(), since: self.shared.missed.load(Ordering::Acquire) }
    }

    fn enter(&self, key: Key, since: u64) -> Place {
        let place = Place { running: self.clone(), key, cancelled: Arc::default() };
        let mut lists = self.lock();
        lists.calls.entry(place.key.clone()).or_default().push(Arc::clone(&place.cancelled));
        if lists.missed.iter().any(|missed| missed.number >= since && missed.key == place.key) {
            place.cancelled.notify_one();
        }
        drop(lists);
        place
    }

    /// A place for a request of a session, unless another with that id is still there.
    pub(super) fn enter_session(&self, session: &str, id: &Id) -> Option<Place> {
        let key = Key::Session { session: session.to_owned(), id: id.clone() };
        let place = Place { running: self.clone(), key, cancelled: Arc::default() };
        let is_first = {
            let mut lists = self.lock();
            let alike = lists.calls.entry(place.key.clone()).or_default();
            alike.push(Arc::clone(&place.cancelled));
            alike.len() == 1
        };
        is_first.then_some(place)
    }

    /// Cancels the caller's call of that id. Where two of its clients run one each, neither is surely meant.
    pub(super) fn cancel(&self, caller: &Caller, id: Id) {
        let key = Key::new(caller, id);
        let mut lists = self.lock();
        match lists.calls.get(&key).map(Vec::as_slice) {
            Some([call]) => call.notify_one(),
            Some(_) => {}
            None => {
                if lists.missed.len() == MISSED {
                    lists.missed.pop_front();
                }
                let number = self.shared.missed.fetch_add(1, Ordering::AcqRel);
                lists.missed.push_back(Missed { key, number });
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lists> {
        self.shared.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that a message can cancel. Most are done at once, and never stand in the list.
#[derive(Debug)]
pub(super) struct Cancellable {
    running: Running,
    since: u64,
}

impl Cancellable {
    /// Carries the call out, unless its caller, who knows it by that id, cancels it on the way.
    pub(super) async fn unless_cancelled(
        self,
        mut call: Pin<&mut impl Future<Output = Framed>>,
        known: impl FnOnce() -> (Caller, Id),
    ) -> Framed {
        if let Poll::Ready(framed) = poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx))).await {
            return framed;
        }
        let (caller, id) = known();
        let place = self.running.enter(Key::new(&caller, id), self.since);
        tokio::select! {
            biased;
            framed = call => framed,
            () = place.cancelled.notified() => {
                let fault = ProtocolError::new(code::CANCELLED, "cancelled by notifications/cancelled");
                Framed { status: 200, ..answer::fault(&fault.to(place.key.id())) }
            }
        }
    }
}

/// A call's place among those in flight.
#[derive(Debug)]
pub(super) struct Place {
    running: Running,
    key: Key,
    cancelled: Arc<Notify>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lists = self.running.lock();
        if let Some(alike) = lists.calls.get_mut(&self.key) {
            alike.retain(|other| !Arc::ptr_eq(other, &self.cancelled));
            if alike.is_empty() {
                lists.calls.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[tokio::test]
    async fn a_call_that_is_cancelled_while_it_is_begun_ends() {
        let (running, caller, id) =
            (Running::default(), Caller::new("ann"), Id::new("7").unwrap_or_default());
        let done = || async {
            // Long enough that a cancellation would be seen first.
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            Framed::ok("done".into())
        };
        let begun = running.cancellable();
        running.cancel(&Caller::new("bob"), id.clone());
        running.cancel(&caller, id.clone());
        let never = pin!(std::future::pending());
        let longest = std::time::Duration::from_secs(30);
        let known = |caller: &Caller| (caller.clone(), id.clone());
        let ended = tokio::time::timeout(longest, begun.unless_cancelled(never, || known(&caller))).await;
        assert!(ended.is_ok_and(|framed| {
            String::from_utf8_lossy(&framed.body).contains("cancelled by notifications/cancelled")
        }));
        // A call of that id that begins afterwards wasn't meant, nor was another client's.
        for caller in [caller.clone(), Caller::new("eve")] {
            let later = running.cancellable().unless_cancelled(pin!(done()), || known(&caller)).await;
            assert_eq!(later.body, b"done");
        }
        assert!(running.lock().calls.is_empty());
    }
}
