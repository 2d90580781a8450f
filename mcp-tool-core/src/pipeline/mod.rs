//! A call's way: [`admit`] decides whether it may begin, [`execute`] carries it out, or [`complete`] suggests what could
//! be sent for it. There is no other.

mod admit;
mod complete;
pub mod constraints;
mod execute;
pub mod gate;
pub mod guard;
mod layered;
pub mod limits;
pub mod middleware;
pub mod output;
pub mod policy;
pub mod registry;
pub mod usage;
pub mod versions;

use std::{net::IpAddr, sync::Arc, time::Duration};

pub use admit::{Admitted, CallOptions, CallRequest, Refusal, RefusalKind};
pub(crate) use execute::CallOutcome;

use crate::{
    audit::Audit,
    call::{caller::Caller, headers::Headers, services::Services},
    control::Controls,
    pipeline::{
        limits::{Concurrency, Rates},
        policy::{Policy, ScopeAuthorizer},
        registry::Registry,
        usage::Usage,
        versions::Versions,
    },
};
use crate::{audit::UnauthenticatedRecords, call::token::InboundToken};

/// Who calls, and from where.
#[derive(Clone, Debug)]
pub struct CallOrigin {
    pub caller: Caller,
    /// The address that the call came from, where it came over a network.
    pub remote: Option<IpAddr>,
    /// What layers asked for of the request.
    pub headers: Headers,
    /// What the caller came by, for an exchange alone.
    pub token: Option<InboundToken>,
}

impl From<Caller> for CallOrigin {
    fn from(caller: Caller) -> Self {
        CallOrigin { caller, remote: None, headers: Headers::default(), token: None }
    }
}

/// What every call passes through.
#[derive(Debug)]
pub struct Dispatcher {
    pub controls: Controls,
    pub registry: Registry,
    pub versions: Versions,
    pub(crate) policy: Policy,
    pub(crate) scopes: Arc<ScopeAuthorizer>,
    pub usage: Usage,
    pub(crate) concurrency: Concurrency,
    pub(crate) rates: Rates,
    pub audit: Arc<Audit>,
    pub(crate) strangers: UnauthenticatedRecords,
    pub(crate) timeout: Duration,
    pub(crate) services: Arc<Services>,
}
