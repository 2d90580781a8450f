//! Requests of legacy clients (revisions up to 2025-11-25) that are in flight. Calls outside of sessions are listed so
//! that `notifications/cancelled` can cancel them. Requests in sessions are listed so that a second request with the
//! same id is rejected.

use std::{
    collections::{HashMap, VecDeque},
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
};

use tokio::sync::Notify;

use crate::{
    call::caller::{Caller, Principal},
    transport::{
        id::Id,
        protocol_error::{ProtocolError, code},
        response::FramedResponse,
    },
};

/// The list of legacy requests in flight. Clones share the list.
#[derive(Clone, Debug, Default)]
pub(super) struct InFlight {
    shared: Arc<InFlightState>,
}

#[derive(Debug, Default)]
struct InFlightState {
    lists: Mutex<Lists>,
    /// The number of cancellations so far that matched no listed request.
    missed: AtomicU64,
}

#[derive(Debug, Default)]
struct Lists {
    /// Requests in flight. `Notify` cancels a call outside of sessions. It isn't used for requests in sessions, which
    /// rmcp cancels.
    requests: HashMap<InFlightKey, Vec<Arc<Notify>>>,
    /// The last [`MAX_MISSED`] cancellations that matched no listed request.
    missed: VecDeque<MissedCancellation>,
}

/// A request's id together with its caller or session, because different clients use the same ids.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum InFlightKey {
    Caller { principal: Arc<Principal>, id: Id },
    Session { session: String, id: Id },
}

impl InFlightKey {
    fn new(caller: &Caller, id: Id) -> Self {
        InFlightKey::Caller { principal: Arc::clone(caller.principal()), id }
    }

    /// Returns `true` if this is the request of a caller who is the same user as `caller`.
    fn is_of_user(&self, caller: &Caller) -> bool {
        match self {
            InFlightKey::Caller { principal, .. } => principal.is_same_user(caller.principal()),
            InFlightKey::Session { .. } => false,
        }
    }

    fn id(&self) -> &Id {
        match self {
            InFlightKey::Caller { id, .. } | InFlightKey::Session { id, .. } => id,
        }
    }
}

/// A cancellation that matched no listed request.
#[derive(Debug)]
struct MissedCancellation {
    key: InFlightKey,
    /// Number of cancellations before this one that matched no listed request.
    number: u64,
}

/// Maximum number of cancellations that are kept although they matched no listed request. Such a cancellation may be
/// for a call that has just started and isn't listed yet. The oldest is dropped first.
const MAX_MISSED: usize = 256;
/// Maximum number of these cancellations of one user, so that one user can't make the server forget the others'.
const MAX_MISSED_OF_USER: usize = 16;

impl InFlight {
    /// Returns a handle that makes a call cancellable. The call can be cancelled by messages that arrive from now on.
    pub(super) fn cancellable(&self) -> CancellableCall {
        CancellableCall { in_flight: self.clone(), since: self.shared.missed.load(Ordering::Acquire) }
    }

    /// Lists a call outside of sessions. `since` is the number of missed cancellations when the call arrived. If a
    /// cancellation with this key was missed after that and is still kept, cancels the call immediately.
    fn list_call(&self, key: InFlightKey, since: u64) -> InFlightGuard {
        let guard = InFlightGuard { in_flight: self.clone(), key, cancelled: Arc::default() };
        let mut lists = self.lock();
        lists.requests.entry(guard.key.clone()).or_default().push(Arc::clone(&guard.cancelled));
        if lists.missed.iter().any(|missed| missed.number >= since && missed.key == guard.key) {
            guard.cancelled.notify_one();
        }
        drop(lists);
        guard
    }

    /// Lists a request of a session. Returns `None` if another request of the session with the same id is in flight.
    pub(super) fn list_session_request(&self, session: &str, id: &Id) -> Option<InFlightGuard> {
        let key = InFlightKey::Session { session: session.to_owned(), id: id.clone() };
        let guard = InFlightGuard { in_flight: self.clone(), key, cancelled: Arc::default() };
        let is_first = {
            let mut lists = self.lock();
            let same_key = lists.requests.entry(guard.key.clone()).or_default();
            same_key.push(Arc::clone(&guard.cancelled));
            same_key.len() == 1
        };
        is_first.then_some(guard)
    }

    /// Cancels the caller's call with this id. If no such call is listed, keeps the cancellation. Cancels no call if
    /// several calls of the caller have this id, because any of them could be meant. Several clients of one caller may
    /// use the same id.
    pub(super) fn cancel(&self, caller: &Caller, id: Id) {
        let key = InFlightKey::new(caller, id);
        let mut lists = self.lock();
        match lists.requests.get(&key).map(Vec::as_slice) {
            Some([call]) => call.notify_one(),
            Some(_) => {}
            None => {
                let is_of_user = |missed: &MissedCancellation| missed.key.is_of_user(caller);
                let of_user = lists.missed.iter().filter(|missed| is_of_user(missed)).count();
                if of_user >= MAX_MISSED_OF_USER {
                    let oldest = lists.missed.iter().position(is_of_user);
                    oldest.and_then(|oldest| lists.missed.remove(oldest));
                } else if lists.missed.len() == MAX_MISSED {
                    lists.missed.pop_front();
                }
                let number = self.shared.missed.fetch_add(1, Ordering::AcqRel);
                lists.missed.push_back(MissedCancellation { key, number });
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lists> {
        crate::sync::lock(&self.shared.lists)
    }
}

/// Makes a call cancellable by its caller. A call that finishes in its first poll is never listed.
#[derive(Debug)]
pub(super) struct CancellableCall {
    in_flight: InFlight,
    /// Number of the first missed cancellation that may be for this call.
    since: u64,
}

impl CancellableCall {
    /// Runs a call. If the caller cancels the call by its id, drops the call and returns the error response.
    /// `caller_and_id` is called only if the call has to wait.
    pub(super) async fn run<T>(
        self,
        mut call: Pin<&mut impl Future<Output = T>>,
        caller_and_id: impl FnOnce() -> (Caller, Id),
    ) -> Result<T, FramedResponse> {
        if let Poll::Ready(outcome) = poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx))).await {
            return Ok(outcome);
        }
        let (caller, id) = caller_and_id();
        let guard = self.in_flight.list_call(InFlightKey::new(&caller, id), self.since);
        tokio::select! {
            biased;
            outcome = call => Ok(outcome),
            () = guard.cancelled.notified() => {
                let error = ProtocolError::new(code::CANCELLED, "cancelled by notifications/cancelled");
                let error = error.with_id(guard.key.id());
                Err(FramedResponse { status: 200, ..FramedResponse::protocol_error(&error) })
            }
        }
    }
}

/// Keeps a request in the list until the guard is dropped.
#[derive(Debug)]
pub(super) struct InFlightGuard {
    in_flight: InFlight,
    key: InFlightKey,
    cancelled: Arc<Notify>,
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let mut lists = self.in_flight.lock();
        if let Some(same_key) = lists.requests.get_mut(&self.key) {
            same_key.retain(|other| !Arc::ptr_eq(other, &self.cancelled));
            if same_key.is_empty() {
                lists.requests.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[tokio::test]
    async fn cancellation_received_before_the_call_is_listed_cancels_only_that_call() {
        let (in_flight, caller, id) =
            (InFlight::default(), Caller::new("ann"), Id::new("7").unwrap_or_default());
        let done = || async {
            // The call waits for some polls, so that a kept cancellation could end it.
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            FramedResponse::ok("done".into())
        };
        let call = in_flight.cancellable();
        // Another caller cancels a request that has the same id.
        in_flight.cancel(&Caller::new("bob"), id.clone());
        in_flight.cancel(&caller, id.clone());
        let never = pin!(std::future::pending::<()>());
        let timeout = std::time::Duration::from_secs(30);
        let with_id = |caller: &Caller| (caller.clone(), id.clone());
        let ended = tokio::time::timeout(timeout, call.run(never, || with_id(&caller))).await;
        assert!(ended.is_ok_and(|ended| {
            ended.is_err_and(|cancelled| {
                String::from_utf8_lossy(&cancelled.body).contains("cancelled by notifications/cancelled")
            })
        }));
        // Neither a later call with the same id nor another caller's call is cancelled.
        for caller in [caller.clone(), Caller::new("eve")] {
            let later = in_flight.cancellable().run(pin!(done()), || with_id(&caller)).await;
            assert!(later.is_ok_and(|response| response.body == b"done"));
        }
        assert!(in_flight.lock().requests.is_empty());
    }

    #[test]
    fn cancellations_of_one_user_do_not_displace_those_of_others() {
        let (in_flight, ann) = (InFlight::default(), Caller::new("ann"));
        in_flight.cancel(&ann, Id::new("1").unwrap_or_default());
        for number in 0..2 * MAX_MISSED {
            let id = Id::new(&number.to_string()).unwrap_or_default();
            in_flight.cancel(&Caller::new("eve").with_agent(number.to_string()), id);
        }
        let lists = in_flight.lock();
        assert_eq!(lists.missed.len(), 1 + MAX_MISSED_OF_USER);
        assert!(lists.missed.iter().any(|missed| missed.key.is_of_user(&ann)));
    }

    #[test]
    fn kept_cancellations_of_all_users_are_limited() {
        let in_flight = InFlight::default();
        for number in 0..2 * MAX_MISSED {
            in_flight.cancel(&Caller::new(number.to_string()), Id::new("1").unwrap_or_default());
        }
        let lists = in_flight.lock();
        assert_eq!(lists.missed.len(), MAX_MISSED);
        let is_oldest = |missed: &MissedCancellation| missed.number == MAX_MISSED as u64;
        assert!(lists.missed.front().is_some_and(is_oldest), "the oldest must be dropped first");
    }
}
