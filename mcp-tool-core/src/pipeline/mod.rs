//! The pipeline of a call. [`Pipeline::admit`] decides whether a call may begin; [`Admitted::execute`] runs it, or
//! [`Admitted::complete`] suggests values for one of its arguments. Both transports and `TestServer` use it, and there
//! is no other way to a tool's function.

mod admit;
mod complete;
mod execute;
mod gate;
pub mod limits;
pub mod middleware;
pub mod policy;
pub mod registry;
#[cfg(feature = "http")]
mod unauthenticated;
pub mod usage;
pub mod versions;

use std::{sync::Arc, time::Duration};

use crate::{
    audit::{Audit, UnauthenticatedRecords},
    call::services::Services,
    control::Controls,
    pipeline::{
        limits::{Concurrency, Rates},
        policy::{Policy, ScopeAuthorizer},
        registry::Registry,
        usage::DeprecatedUsage,
        versions::Versions,
    },
};
pub use admit::{Admitted, CallOptions, CallRequest, Refusal, RefusalKind};
pub use execute::CallOutcome;
pub(crate) use execute::guard;

/// The stages of the pipeline, each with its own state, shared by all calls of a server.
#[derive(Debug)]
pub struct Pipeline {
    /// Revocations and disabled tools, clients and users.
    pub controls: Controls,
    /// The served tools.
    pub registry: Registry,
    /// Version policy: client pins and last-listed contracts.
    pub versions: Versions,
    pub(crate) policy: Policy,
    /// Scopes with their hierarchy, for the gate.
    pub(crate) scopes: Arc<ScopeAuthorizer>,
    /// Counts of calls of deprecated tools.
    pub usage: DeprecatedUsage,
    pub(crate) concurrency: Concurrency,
    pub(crate) rates: Rates,
    /// Audit records.
    pub audit: Arc<Audit>,
    pub(crate) unauthenticated: UnauthenticatedRecords,
    /// Timeout of a call whose tool declares none.
    pub(crate) timeout: Duration,
    pub(crate) services: Arc<Services>,
}

/// Internals that only `benches/instructions` uses.
#[doc(hidden)]
pub mod internals {
    pub use super::execute::guard::read as read_arguments;
}
