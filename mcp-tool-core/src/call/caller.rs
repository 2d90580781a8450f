//! The caller of a tool: user, agent, OAuth client, tenant, issuer and scopes.

use std::{collections::BTreeSet, fmt, sync::Arc, time::SystemTime};

use super::cache::{CacheSlot, CallerCache};

/// The user on whose behalf a call is made, the agent that makes the call, and the scopes that permit calls.
///
/// - Over HTTP with the settings `[oauth]`, a caller is built from the claims of a verified access token (RFC 9068).
/// - Over stdio, and over HTTP without authorization, the caller is the local user
///   ([`Caller::local`]).
///
/// No part of a caller comes from a call's arguments. The server treats callers as different if
/// their issuer, tenant, user or agent differs (`==` also compares client, scopes, kind and sign-in
/// time). Each caller has its own rate limits, page cursors, tasks and answers to questions, except
/// that all agents of the local user share the same rate limits. Limits of what one user may hold at a
/// time, such as running calls (`limits.user_share`), count all agents of a user together. Cloning is cheap.
///
/// ```
/// use mcp_tool_runtime::{Caller, Scopes};
///
/// let ann = Caller::new("ann").with_agent("shop-agent").with_scopes(["orders:read"]);
/// assert!(ann.scopes().hold("orders:read"));
/// assert_eq!(ann.to_string(), "ann through shop-agent");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    claims: Arc<CallerClaims>,
}

/// Everything known about a caller, and values cached for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CallerClaims {
    principal: Arc<Principal>,
    client: Option<String>,
    scopes: Scopes,
    kind: CallerKind,
    authenticated_at: Option<SystemTime>,
    /// Doesn't affect `==`: any two caches are equal.
    cache: CallerCache,
}

/// Identity of a caller, the key of data that is kept for each caller, such as tasks and open questions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Principal {
    pub(crate) issuer: Option<Arc<str>>,
    pub(crate) tenant: Option<String>,
    pub(crate) user: String,
    pub(crate) agent: Option<String>,
}

/// Identity of a user, without the agent. Limits of one user don't depend on the agent, because a user can register any
/// number of agents.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct User {
    issuer: Option<Arc<str>>,
    tenant: Option<String>,
    name: String,
}

impl Principal {
    /// Returns `true` for the local user with any agent.
    pub(crate) fn is_local(&self) -> bool {
        self.issuer.is_none() && self.user == Caller::LOCAL
    }

    /// Returns the user.
    pub(crate) fn user_id(&self) -> User {
        User { issuer: self.issuer.clone(), tenant: self.tenant.clone(), name: self.user.clone() }
    }

    /// Returns `true` if the other caller is the same [`User`].
    pub(crate) fn is_same_user(&self, other: &Principal) -> bool {
        (&self.issuer, &self.tenant, &self.user) == (&other.issuer, &other.tenant, &other.user)
    }
}

/// Kind of a caller: a person or a service account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallerKind {
    /// A person who acts through an agent.
    Human,
    /// A program with a service account, such as one that uses client credentials (RFC 6749 §4.4). A token
    /// belongs to a service account if its user is its OAuth client, or if it has the claim and value in the setting
    /// `oauth.machine_claim`.
    Machine,
}

impl CallerKind {
    /// Returns `human` or `machine`, the value of `kind` in audit records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            CallerKind::Human => "human",
            CallerKind::Machine => "machine",
        }
    }
}

/// Scopes that a caller holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scopes {
    /// Every scope. The local user has every scope unless the setting `local.scopes` names some.
    All,
    /// These scopes. A scope that one of these includes through the setting `oauth.scope_hierarchy` isn't in the set.
    Only(BTreeSet<String>),
}

impl Scopes {
    /// Returns `true` for [`Scopes::All`], or if the set contains `scope`. Ignores the setting `oauth.scope_hierarchy`,
    /// which `ScopeAuthorizer::holds` applies.
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
    /// User name of the local user, `local`.
    pub const LOCAL: &'static str = "local";
    /// User name in the records of requests that authentication refused.
    const UNAUTHENTICATED: &'static str = "unauthenticated";

    /// Returns a person ([`CallerKind::Human`]) with this user name and no agent, client, tenant, issuer or scopes.
    #[must_use]
    pub fn new(user: impl Into<String>) -> Self {
        let principal = Principal { issuer: None, tenant: None, user: user.into(), agent: None };
        Caller {
            claims: Arc::new(CallerClaims {
                principal: Arc::new(principal),
                client: None,
                scopes: Scopes::Only(BTreeSet::new()),
                kind: CallerKind::Human,
                authenticated_at: None,
                cache: CallerCache::default(),
            }),
        }
    }

    /// Returns the local user (the caller over stdio, and over HTTP without authorization) with these scopes.
    #[must_use]
    pub fn local(scopes: Scopes) -> Self {
        Caller::new(Caller::LOCAL).changed(|claims| claims.scopes = scopes)
    }

    /// Returns the caller with changed claims, and with an empty cache, because the cached values fit only the old
    /// claims.
    fn changed(mut self, change: impl FnOnce(&mut CallerClaims)) -> Self {
        let claims = Arc::make_mut(&mut self.claims);
        change(claims);
        claims.cache = CallerCache::default();
        self
    }

    fn changed_principal(self, change: impl FnOnce(&mut Principal)) -> Self {
        self.changed(|claims| change(Arc::make_mut(&mut claims.principal)))
    }

    /// Returns the slot that caches the contracts that the caller last listed.
    pub(crate) fn last_listed(&self) -> &CacheSlot {
        &self.claims.cache.last_listed
    }

    /// Returns the slot that caches the rate windows in which the caller's calls are counted.
    pub(crate) fn rate_windows(&self) -> &CacheSlot {
        &self.claims.cache.rate_windows
    }

    /// Returns the cache slot for the holdings of the caller's user in the shared pools.
    pub(crate) fn holdings(&self) -> &CacheSlot {
        &self.claims.cache.holdings
    }

    /// Returns the JSON members that describe the caller in audit records. The first call computes them with `write`;
    /// later calls return the same text.
    pub(crate) fn record_members(&self, write: impl FnOnce(&Self) -> String) -> &str {
        self.claims.cache.record.get_or_init(|| write(self).into())
    }

    /// Sets the agent that acts for the user.
    #[must_use]
    pub fn with_agent(self, agent: impl Into<String>) -> Self {
        self.changed_principal(|principal| principal.agent = Some(agent.into()))
    }

    /// Sets the id of the OAuth client. The agent stays unchanged.
    #[must_use]
    pub fn with_client(self, client: impl Into<String>) -> Self {
        self.changed(|claims| claims.client = Some(client.into()))
    }

    /// Sets the tenant.
    #[must_use]
    pub fn with_tenant(self, tenant: impl Into<String>) -> Self {
        self.changed_principal(|principal| principal.tenant = Some(tenant.into()))
    }

    /// Replaces the scopes.
    #[must_use]
    pub fn with_scopes(self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.changed(|claims| claims.scopes = scopes.into_iter().collect())
    }

    /// Sets the issuer of the caller's token.
    #[must_use]
    pub fn with_issuer(self, issuer: impl Into<Arc<str>>) -> Self {
        self.changed_principal(|principal| principal.issuer = Some(issuer.into()))
    }

    /// Sets the kind, which is [`CallerKind::Human`] by default.
    #[must_use]
    pub fn with_kind(self, kind: CallerKind) -> Self {
        self.changed(|claims| claims.kind = kind)
    }

    /// Sets the time of the user's sign-in.
    #[must_use]
    pub fn with_authenticated_at(self, time: SystemTime) -> Self {
        self.changed(|claims| claims.authenticated_at = Some(time))
    }

    /// Returns `true` for a caller without issuer whose user is `local`, such as the [local user](Caller::local).
    #[must_use]
    pub(crate) fn is_local(&self) -> bool {
        self.claims.principal.is_local()
    }

    /// Returns the placeholder for the caller of a request that authentication refused.
    pub(crate) fn unauthenticated() -> Self {
        Caller::new(Caller::UNAUTHENTICATED)
    }

    /// Returns `true` for [`Caller::unauthenticated`].
    pub(crate) fn is_unauthenticated(&self) -> bool {
        self.issuer().is_none() && self.user() == Caller::UNAUTHENTICATED
    }

    /// Returns the caller's identity, the key of data that is kept for each caller.
    pub(crate) fn principal(&self) -> &Arc<Principal> {
        &self.claims.principal
    }

    /// Returns the user: a name that is unique within the issuer. It is the claim that
    /// `oauth.user_claim` names, by default `sub` (RFC 7519 §4.1.2). If the default applies and the
    /// token has no `sub`, the user is `client_id`. The local user is `local`.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.claims.principal.user
    }

    /// Returns the agent that acts for the user: the first of the claims in the setting
    /// `oauth.agent_claims` that the token has.
    ///
    /// For the local user, the agent is the name and version that the client gives itself in
    /// `clientInfo`, or else the header `User-Agent`. This text isn't verified.
    #[must_use]
    pub fn agent(&self) -> Option<&str> {
        self.claims.principal.agent.as_deref()
    }

    /// Returns the id of the OAuth client (RFC 9068 §2.2 `client_id`, or else `azp`); `None` for the
    /// local user. With the default `oauth.agent_claims`, the client is also the agent, unless the
    /// token has `act.sub`.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.claims.client.as_deref()
    }

    /// Returns the tenant; `None` unless the setting `oauth.tenant_claim` names the claim that holds it.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.claims.principal.tenant.as_deref()
    }

    /// Returns the issuer of the token (RFC 7519 §4.1.1 `iss`); `None` for the local user.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.claims.principal.issuer.as_deref()
    }

    /// Returns the scopes of the caller's token; for the local user, the scopes of the setting `local.scopes`, or every
    /// scope without this setting.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.claims.scopes
    }

    /// Returns the kind: a person or a service account.
    #[must_use]
    pub fn kind(&self) -> CallerKind {
        self.claims.kind
    }

    /// Returns the time of the user's sign-in (OpenID Connect Core §2 `auth_time`), if the token has it.
    #[must_use]
    pub fn authenticated_at(&self) -> Option<SystemTime> {
        self.claims.authenticated_at
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

/// Returns the possible names of a local client, from its label `name version`: the label up to each of its spaces,
/// since both parts may contain spaces.
pub(crate) fn names_in_label(label: &str) -> impl Iterator<Item = &str> {
    label.match_indices(' ').map(|(space, _)| &label[..space])
}
