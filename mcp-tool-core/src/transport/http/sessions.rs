//! Legacy sessions, where the operator wants them: no more than so many, each its owner's, gone when idle.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

use crate::call::caller::{Caller, Principal};

/// The sessions that rmcp keeps, and who opened each.
#[derive(Debug)]
pub(super) struct Sessions {
    pub(super) manager: Arc<LocalSessionManager>,
    owners: Mutex<HashMap<String, Owner>>,
    opening: AtomicUsize,
    most: usize,
}

/// The place of a session that is being opened.
pub(super) struct Place<'s>(&'s AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Who opened a session: knowing its id isn't enough to use it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owner(Principal);

impl Owner {
    fn of(caller: &Caller) -> Self {
        let mut owner = Principal::clone(caller.principal());
        if caller.issuer().is_none() {
            // It is what the client calls itself, which may change.
            owner.agent = None;
        }
        Owner(owner)
    }
}

impl Sessions {
    pub(super) fn new(most: u32, idle: Duration) -> Self {
        let mut manager = LocalSessionManager::default();
        manager.session_config.keep_alive = Some(idle);
        manager.session_config.init_timeout = Some(Duration::from_secs(10));
        let manager = Arc::new(manager);
        Sessions { manager, owners: Mutex::default(), opening: AtomicUsize::new(0), most: most as usize }
    }

    /// A place for one more, if there is one; held until the session is open.
    pub(super) async fn place(&self) -> Option<Place<'_>> {
        let open = self.manager.sessions.read().await;
        self.owners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|id, _| open.contains_key(id.as_str()));
        let place = Place(&self.opening);
        let before = self.opening.fetch_add(1, Ordering::Relaxed);
        (open.len() + before < self.most).then_some(place)
    }

    /// A session was opened.
    pub(super) fn opened(&self, id: &str, caller: &Caller) {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), Owner::of(caller));
    }

    /// Whether the session is open, and the caller's.
    pub(super) async fn owned(&self, id: &str, caller: &Caller) -> bool {
        self.manager.sessions.read().await.contains_key(id) && self.is_owner(id, caller)
    }

    fn is_owner(&self, id: &str, caller: &Caller) -> bool {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner).get(id) == Some(&Owner::of(caller))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_its_owners_whatever_their_agent_calls_itself() {
        let sessions = Sessions::new(1, Duration::from_secs(1));
        let ann = Caller::new("ann").with_agent("one");
        sessions.opened("s", &ann);
        assert!(
            sessions.is_owner("s", &ann) && sessions.is_owner("s", &Caller::new("ann").with_agent("two"))
        );
        assert!(!sessions.is_owner("s", &Caller::new("bob").with_agent("one")));
        assert!(!sessions.is_owner("t", &ann));
    }

    #[test]
    fn a_session_under_authorization_is_one_agents_of_one_issuer() {
        let sessions = Sessions::new(1, Duration::from_secs(1));
        let ann = Caller::new("ann").with_issuer("https://one.example").with_agent("one");
        sessions.opened("s", &ann);
        assert!(sessions.is_owner("s", &ann.clone().with_scopes(["more"])));
        assert!(!sessions.is_owner("s", &ann.clone().with_agent("two")));
        assert!(!sessions.is_owner("s", &ann.with_issuer("https://two.example")));
        assert!(!sessions.is_owner("s", &Caller::new("ann").with_agent("one")));
    }
}
