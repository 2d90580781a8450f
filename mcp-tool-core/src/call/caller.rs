//! A caller: user, agent and tenant together, and what they may ask for.

use std::{
    any::Any,
    collections::BTreeSet,
    fmt,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

/// On whose behalf a call is made, through what, and with which scopes.
///
/// Over HTTP with authorization it comes from a verified token, else it is whoever sits at this machine. Nothing in
/// it comes from a call's arguments. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    facts: Arc<Facts>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Facts {
    principal: Arc<Principal>,
    client: Option<String>,
    scopes: Scopes,
    kind: CallerKind,
    authenticated_at: Option<SystemTime>,
    kept: Kept,
}

/// What was found out of a caller and would be the same again, so that a call doesn't look for it. No part of who the
/// caller is.
#[derive(Debug, Default)]
struct Kept {
    written: OnceLock<Box<str>>,
    known: Memo,
    windows: Memo,
}

impl Clone for Kept {
    fn clone(&self) -> Self {
        // Whoever is cloned is about to be changed.
        Kept::default()
    }
}

impl PartialEq for Kept {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Kept {}

/// One thing that was found out, for as long as nothing changed where it was found.
#[derive(Debug, Default)]
pub(crate) struct Memo(Mutex<Option<(Found, Arc<dyn Any + Send + Sync>)>>);

/// Where something was found: a place of its own for each server, and how often that had changed.
pub(crate) type Found = (u64, u64);

impl Memo {
    /// A place where things are found, told apart from all others of the process.
    pub(crate) fn place() -> u64 {
        static PLACES: AtomicU64 = AtomicU64::new(0);
        PLACES.fetch_add(1, Ordering::Relaxed)
    }

    /// What was found there, else what is found now.
    pub(crate) fn get<T: Send + Sync + 'static>(&self, at: Found, find: impl FnOnce() -> T) -> Arc<T> {
        let mut memo = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((then, found)) = &*memo
            && *then == at
            && let Ok(found) = Arc::clone(found).downcast()
        {
            return found;
        }
        let found = Arc::new(find());
        let kept: Arc<T> = Arc::clone(&found);
        *memo = Some((at, kept));
        found
    }
}

/// Who a caller is, wherever something is kept for it: two of them are never one because their names are alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Principal {
    pub(crate) issuer: Option<Arc<str>>,
    pub(crate) tenant: Option<String>,
    pub(crate) user: String,
    pub(crate) agent: Option<String>,
}

/// Whether somebody stands behind a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallerKind {
    /// A person, through an agent.
    Human,
    /// A program on its own account, such as one with client credentials (RFC 6749 §4.4).
    Machine,
}

impl CallerKind {
    /// As records have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            CallerKind::Human => "human",
            CallerKind::Machine => "machine",
        }
    }
}

/// The scopes that a caller holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scopes {
    /// Every scope: the local user, while no authorization is configured.
    All,
    /// These.
    Only(BTreeSet<String>),
}

impl Scopes {
    /// Whether the caller holds the scope.
    #[must_use]
    pub fn hold(&self, scope: &str) -> bool {
        match self {
            Scopes::All => true,
            Scopes::Only(held) => held.contains(scope),
        }
    }
}

impl<S: Into<String>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(scopes: I) -> Self {
        Scopes::Only(scopes.into_iter().map(Into::into).collect())
    }
}

impl Caller {
    /// The name that records give whoever sits at this machine.
    pub const LOCAL: &'static str = "local";

    /// A caller of that name, with no scope yet.
    #[must_use]
    pub fn new(user: impl Into<String>) -> Self {
        let principal = Principal { issuer: None, tenant: None, user: user.into(), agent: None };
        Caller {
            facts: Arc::new(Facts {
                principal: Arc::new(principal),
                client: None,
                scopes: Scopes::Only(BTreeSet::new()),
                kind: CallerKind::Human,
                authenticated_at: None,
                kept: Kept::default(),
            }),
        }
    }

    /// Whoever sits at this machine: over stdio, and over loopback while no authorization is configured.
    #[must_use]
    pub fn local(scopes: Scopes) -> Self {
        Caller::new(Caller::LOCAL).changed(|facts| facts.scopes = scopes)
    }

    fn changed(mut self, change: impl FnOnce(&mut Facts)) -> Self {
        let facts = Arc::make_mut(&mut self.facts);
        change(facts);
        facts.kept = Kept::default();
        self
    }

    /// For what it listed.
    pub(crate) fn known(&self) -> &Memo {
        &self.facts.kept.known
    }

    /// For the windows of its rates.
    pub(crate) fn windows(&self) -> &Memo {
        &self.facts.kept.windows
    }

    /// The caller as its records have it, written once.
    pub(crate) fn written(&self, write: impl FnOnce(&Self) -> String) -> &str {
        self.facts.kept.written.get_or_init(|| write(self).into())
    }

    fn named(self, name: impl FnOnce(&mut Principal)) -> Self {
        self.changed(|facts| name(Arc::make_mut(&mut facts.principal)))
    }

    /// Through that agent.
    #[must_use]
    pub fn with_agent(self, agent: impl Into<String>) -> Self {
        self.named(|principal| principal.agent = Some(agent.into()))
    }

    /// By that OAuth client.
    #[must_use]
    pub fn with_client(self, client: impl Into<String>) -> Self {
        self.changed(|facts| facts.client = Some(client.into()))
    }

    /// In that tenant.
    #[must_use]
    pub fn with_tenant(self, tenant: impl Into<String>) -> Self {
        self.named(|principal| principal.tenant = Some(tenant.into()))
    }

    /// With these scopes.
    #[must_use]
    pub fn with_scopes(self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.changed(|facts| facts.scopes = scopes.into_iter().collect())
    }

    /// Vouched for by that issuer.
    #[must_use]
    pub fn with_issuer(self, issuer: impl Into<Arc<str>>) -> Self {
        self.named(|principal| principal.issuer = Some(issuer.into()))
    }

    /// Of that kind.
    #[must_use]
    pub fn with_kind(self, kind: CallerKind) -> Self {
        self.changed(|facts| facts.kind = kind)
    }

    /// Signed in at that time.
    #[must_use]
    pub fn with_authenticated_at(self, time: SystemTime) -> Self {
        self.changed(|facts| facts.authenticated_at = Some(time))
    }

    /// Whether it is whoever sits at this machine, whose agent is what the client calls itself.
    #[must_use]
    pub(crate) fn is_local(&self) -> bool {
        self.issuer().is_none() && self.user() == Caller::LOCAL
    }

    /// Under what is kept for the caller.
    pub(crate) fn principal(&self) -> &Arc<Principal> {
        &self.facts.principal
    }

    /// On whose behalf; unique within its issuer.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.facts.principal.user
    }

    /// Through which agent. For the local user this is what the client calls itself, which proves nothing.
    #[must_use]
    pub fn agent(&self) -> Option<&str> {
        self.facts.principal.agent.as_deref()
    }

    /// By which OAuth client (RFC 9068 §2.2 `client_id`, else `azp`): the agent, unless that acts through another.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.facts.client.as_deref()
    }

    /// In which tenant.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.facts.principal.tenant.as_deref()
    }

    /// The issuer that vouches for it; `None` for the local user.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.facts.principal.issuer.as_deref()
    }

    /// With which scopes.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.facts.scopes
    }

    /// Whether somebody stands behind it.
    #[must_use]
    pub fn kind(&self) -> CallerKind {
        self.facts.kind
    }

    /// When the user signed in (OpenID Connect Core §2 `auth_time`), where the token says so.
    #[must_use]
    pub fn authenticated_at(&self) -> Option<SystemTime> {
        self.facts.authenticated_at
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.user())?;
        if let Some(issuer) = self.issuer() {
            write!(f, " of {issuer}")?;
        }
        match self.agent() {
            Some(agent) => write!(f, " through {agent}"),
            None => Ok(()),
        }
    }
}
