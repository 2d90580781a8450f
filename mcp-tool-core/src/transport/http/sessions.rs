//! Sessions of legacy clients (revisions up to 2025-11-25), which the operator or the application enables. Their number
//! is limited, each belongs to the caller that opened it, and idle sessions are closed.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

use crate::call::caller::{Caller, Principal};

/// rmcp's open sessions, and the owner of each session.
#[derive(Debug)]
pub(super) struct Sessions {
    pub(super) manager: Arc<LocalSessionManager>,
    /// The owner of each session, by session id.
    owners: Mutex<HashMap<String, Owner>>,
    /// Number of [`OpeningPermit`]s in use: sessions that are being opened, which `manager` may not contain yet.
    opening: AtomicUsize,
    /// Maximum number of sessions that are open or being opened.
    max_sessions: usize,
}

/// A permit to open one session, in use until it is dropped.
pub(super) struct OpeningPermit<'s>(&'s AtomicUsize);

impl Drop for OpeningPermit<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The caller that opened a session. Each request's caller is compared with the owner, because knowing a session's id
/// doesn't prove an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owner(Principal);

impl Owner {
    fn of(caller: &Caller) -> Self {
        let mut owner = Principal::clone(caller.principal());
        if caller.issuer().is_none() {
            // Only a token names an issuer. Without a token, the agent is the name that the client gives itself, which
            // may differ between requests.
            owner.agent = None;
        }
        Owner(owner)
    }
}

impl Sessions {
    pub(super) fn new(max_sessions: u32, idle: Duration) -> Self {
        let mut manager = LocalSessionManager::default();
        manager.session_config.keep_alive = Some(idle);
        // Time to wait for `initialize` in a new session, before rmcp closes the session.
        manager.session_config.init_timeout = Some(Duration::from_secs(10));
        let manager = Arc::new(manager);
        Sessions {
            manager,
            owners: Mutex::default(),
            opening: AtomicUsize::new(0),
            max_sessions: max_sessions as usize,
        }
    }

    /// Returns a permit to open one more session; `None` if the maximum is reached. The permit must be kept until the
    /// session is open. Also forgets the owners of closed sessions.
    pub(super) async fn permit(&self) -> Option<OpeningPermit<'_>> {
        let open = self.manager.sessions.read().await;
        crate::sync::lock(&self.owners).retain(|id, _| open.contains_key(id.as_str()));
        let permit = OpeningPermit(&self.opening);
        let before = self.opening.fetch_add(1, Ordering::Relaxed);
        // If the maximum is reached, the permit is dropped here, and no longer counts.
        (open.len() + before < self.max_sessions).then_some(permit)
    }

    /// Records the owner of an opened session.
    pub(super) fn set_owner(&self, id: &str, caller: &Caller) {
        crate::sync::lock(&self.owners).insert(id.to_owned(), Owner::of(caller));
    }

    /// Returns `true` if the session is open and belongs to the caller.
    pub(super) async fn is_open_for(&self, id: &str, caller: &Caller) -> bool {
        self.manager.sessions.read().await.contains_key(id) && self.is_owner(id, caller)
    }

    fn is_owner(&self, id: &str, caller: &Caller) -> bool {
        crate::sync::lock(&self.owners).get(id) == Some(&Owner::of(caller))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_without_a_token_is_usable_only_by_its_owner_with_any_agent_name() {
        let sessions = Sessions::new(1, Duration::from_secs(1));
        // These callers have no issuer, so they have no token.
        let ann = Caller::new("ann").with_agent("one");
        sessions.set_owner("s", &ann);
        assert!(
            sessions.is_owner("s", &ann) && sessions.is_owner("s", &Caller::new("ann").with_agent("two"))
        );
        assert!(!sessions.is_owner("s", &Caller::new("bob").with_agent("one")));
        assert!(!sessions.is_owner("t", &ann));
    }

    #[test]
    fn session_with_a_token_is_usable_only_by_the_same_issuer_user_and_agent() {
        let sessions = Sessions::new(1, Duration::from_secs(1));
        let ann = Caller::new("ann").with_issuer("https://one.example").with_agent("one");
        sessions.set_owner("s", &ann);
        assert!(sessions.is_owner("s", &ann.clone().with_scopes(["more"])));
        assert!(!sessions.is_owner("s", &ann.clone().with_agent("two")));
        assert!(!sessions.is_owner("s", &ann.with_issuer("https://two.example")));
        assert!(!sessions.is_owner("s", &Caller::new("ann").with_agent("one")));
    }
}
