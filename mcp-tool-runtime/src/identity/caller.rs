//! Who calls: user, agent and tenant together.

use std::{collections::BTreeSet, fmt};

/// On whose behalf a call is made, through what, and with which scopes.
///
/// Nothing in it comes from a call's arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    user: String,
    agent: Option<String>,
    tenant: Option<String>,
    scopes: Scopes,
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
        Caller { user: user.into(), agent: None, tenant: None, scopes: Scopes::Only(BTreeSet::new()) }
    }

    /// Whoever sits at this machine: over stdio, and over loopback while no authorization is configured.
    #[must_use]
    pub fn local(scopes: Scopes) -> Self {
        Caller { scopes, ..Caller::new(Caller::LOCAL) }
    }

    /// Through that agent.
    #[must_use]
    pub fn with_agent(self, agent: impl Into<String>) -> Self {
        Caller { agent: Some(agent.into()), ..self }
    }

    /// In that tenant.
    #[must_use]
    pub fn with_tenant(self, tenant: impl Into<String>) -> Self {
        Caller { tenant: Some(tenant.into()), ..self }
    }

    /// With these scopes.
    #[must_use]
    pub fn with_scopes(self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Caller { scopes: scopes.into_iter().collect(), ..self }
    }

    /// Whether it is whoever sits at this machine, whose agent is what the client calls itself.
    #[must_use]
    pub(crate) fn is_local(&self) -> bool {
        self.user == Caller::LOCAL
    }

    /// On whose behalf.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Through which agent. For the local user this is what the client calls itself, which proves nothing.
    #[must_use]
    pub fn agent(&self) -> Option<&str> {
        self.agent.as_deref()
    }

    /// In which tenant.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// With which scopes.
    #[must_use]
    pub const fn scopes(&self) -> &Scopes {
        &self.scopes
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.user)?;
        match &self.agent {
            Some(agent) => write!(f, " through {agent}"),
            None => Ok(()),
        }
    }
}
