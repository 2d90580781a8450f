//! A call's way: [`admit`] decides whether it may begin, [`execute`] carries it out, or [`complete`] suggests what could
//! be sent for it. There is no other.

mod admit;
mod complete;
mod execute;
mod layered;

use std::{net::IpAddr, sync::Arc, time::Duration};

pub(crate) use admit::{Admitted, Asked, Carried, Refusal, RefusalKind};
pub(crate) use execute::Done;

use crate::{
    audit::Audit,
    context::Means,
    control::Controls,
    identity::Caller,
    limits::{Concurrency, Rates},
    middleware::Headers,
    policy::{Policy, ScopeAuthorizer},
    registry::Registry,
    usage::Usage,
    versions::Versions,
};
#[cfg(feature = "oauth")]
use crate::{audit::Strangers, identity::InboundToken};

/// Who calls, and from where.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) caller: Caller,
    /// The address that the call came from, where it came over a network.
    pub(crate) remote: Option<IpAddr>,
    /// What layers asked for of the request.
    pub(crate) headers: Headers,
    /// What the caller came by, for an exchange alone.
    #[cfg(feature = "oauth")]
    pub(crate) token: Option<InboundToken>,
}

impl From<Caller> for Arrival {
    fn from(caller: Caller) -> Self {
        Arrival {
            caller,
            remote: None,
            headers: Headers::default(),
            #[cfg(feature = "oauth")]
            token: None,
        }
    }
}

/// What every call passes through.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    pub(crate) controls: Controls,
    pub(crate) registry: Registry,
    pub(crate) versions: Versions,
    pub(crate) policy: Policy,
    pub(crate) scopes: Arc<ScopeAuthorizer>,
    pub(crate) usage: Usage,
    pub(crate) concurrency: Concurrency,
    pub(crate) rates: Rates,
    pub(crate) audit: Arc<Audit>,
    #[cfg(feature = "oauth")]
    pub(crate) strangers: Strangers,
    pub(crate) timeout: Duration,
    pub(crate) means: Arc<Means>,
}
