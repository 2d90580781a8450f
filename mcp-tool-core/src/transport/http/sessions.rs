//! Sessions of legacy clients (revisions up to 2025-11-25), which the operator or the application enables. Their number
//! is limited, each belongs to the caller that opened it, and idle sessions are closed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

use crate::call::caller::{Caller, Principal};

/// rmcp's open sessions, and the owner of each session.
#[derive(Debug)]
pub(super) struct Sessions {
    pub(super) manager: Arc<LocalSessionManager>,
    owners: Mutex<Owners>,
    /// Maximum number of sessions that are open or being opened.
    max_sessions: usize,
    /// Maximum number of these sessions that belong to one user.
    max_per_user: usize,
}

#[derive(Debug, Default)]
struct Owners {
    /// The owner of each open session, by session id.
    open: HashMap<String, Owner>,
    /// The owners of the sessions that are being opened, one for each [`OpeningPermit`].
    opening: Vec<Owner>,
}

/// A permit to open one session, in use until it is dropped.
pub(super) struct OpeningPermit<'s> {
    owners: &'s Mutex<Owners>,
    owner: Owner,
}

impl Drop for OpeningPermit<'_> {
    fn drop(&mut self) {
        let mut owners = crate::sync::lock(self.owners);
        if let Some(index) = owners.opening.iter().position(|owner| *owner == self.owner) {
            owners.opening.swap_remove(index);
        }
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
    /// Allows `max_sessions` sessions, of which at most `max_per_user` belong to one user who isn't the local user.
    pub(super) fn new(max_sessions: u32, max_per_user: u32, idle: Duration) -> Self {
        let mut manager = LocalSessionManager::default();
        manager.session_config.keep_alive = Some(idle);
        // Time to wait for `initialize` in a new session, before rmcp closes the session.
        manager.session_config.init_timeout = Some(Duration::from_secs(10));
        let manager = Arc::new(manager);
        Sessions {
            manager,
            owners: Mutex::default(),
            max_sessions: max_sessions as usize,
            max_per_user: max_per_user as usize,
        }
    }

    /// Returns a permit for the caller to open one more session; `None` if the caller's user or all users together have
    /// the maximum number of sessions. The permit must be kept until the session is open. Also forgets the owners of
    /// closed sessions.
    pub(super) async fn permit(&self, caller: &Caller) -> Option<OpeningPermit<'_>> {
        let owner = Owner::of(caller);
        let open = self.manager.sessions.read().await;
        let mut owners = crate::sync::lock(&self.owners);
        owners.open.retain(|id, _| open.contains_key(id.as_str()));
        let of_user = owners.open.values().chain(&owners.opening);
        let of_user = of_user.filter(|other| other.0.is_same_user(&owner.0)).count();
        if open.len() + owners.opening.len() >= self.max_sessions
            || (!caller.is_local() && of_user >= self.max_per_user)
        {
            return None;
        }
        owners.opening.push(owner.clone());
        drop(owners);
        Some(OpeningPermit { owners: &self.owners, owner })
    }

    /// Records the owner of an opened session.
    pub(super) fn set_owner(&self, id: &str, caller: &Caller) {
        crate::sync::lock(&self.owners).open.insert(id.to_owned(), Owner::of(caller));
    }

    /// Returns `true` if the session is open and belongs to the caller.
    pub(super) async fn is_open_for(&self, id: &str, caller: &Caller) -> bool {
        self.manager.sessions.read().await.contains_key(id) && self.is_owner(id, caller)
    }

    fn is_owner(&self, id: &str, caller: &Caller) -> bool {
        crate::sync::lock(&self.owners).open.get(id) == Some(&Owner::of(caller))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_without_a_token_is_usable_only_by_its_owner_with_any_agent_name() {
        let sessions = Sessions::new(1, 1, Duration::from_secs(1));
        // These callers have no issuer, so they have no token.
        let ann = Caller::new("ann").with_agent("one");
        sessions.set_owner("s", &ann);
        assert!(
            sessions.is_owner("s", &ann) && sessions.is_owner("s", &Caller::new("ann").with_agent("two"))
        );
        assert!(!sessions.is_owner("s", &Caller::new("bob").with_agent("one")));
        assert!(!sessions.is_owner("t", &ann));
    }

    #[tokio::test]
    async fn agents_of_one_user_share_a_part_of_the_sessions() {
        let sessions = Sessions::new(3, 2, Duration::from_secs(1));
        let caller = |user: &str, agent: &str| {
            Caller::new(user).with_issuer("https://issuer.example").with_agent(agent)
        };
        let one = sessions.permit(&caller("ann", "one")).await;
        let two = sessions.permit(&caller("ann", "two")).await;
        assert!(one.is_some() && two.is_some());
        assert!(sessions.permit(&caller("ann", "three")).await.is_none());
        let bob = sessions.permit(&caller("bob", "one")).await;
        assert!(bob.is_some());
        drop(one);
        assert!(sessions.permit(&caller("ann", "three")).await.is_some(), "a dropped permit still counted");
        drop((two, bob));
        assert!(sessions.owners.lock().unwrap().opening.is_empty());
    }

    #[test]
    fn session_with_a_token_is_usable_only_by_the_same_issuer_user_and_agent() {
        let sessions = Sessions::new(1, 1, Duration::from_secs(1));
        let ann = Caller::new("ann").with_issuer("https://one.example").with_agent("one");
        sessions.set_owner("s", &ann);
        assert!(sessions.is_owner("s", &ann.clone().with_scopes(["more"])));
        assert!(!sessions.is_owner("s", &ann.clone().with_agent("two")));
        assert!(!sessions.is_owner("s", &ann.with_issuer("https://two.example")));
        assert!(!sessions.is_owner("s", &Caller::new("ann").with_agent("one")));
    }
}
