//! The pipeline of a call. [`Pipeline::admit`] decides whether a call may begin. [`Admitted::execute`] then runs the
//! tool, or [`Admitted::complete`] suggests values for an argument. Both transports and `TestServer` use this pipeline.
//! No other code runs a served tool: `execute` and `complete` need an [`Admitted`], which only `admit` returns.

mod admit;
mod checks;
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

/// The state of the pipeline's stages, shared by all calls of a server.
#[derive(Debug)]
pub struct Pipeline {
    /// Revocations and disabled tools, clients and users.
    pub controls: Controls,
    /// The served tools.
    pub registry: Registry,
    /// Version policy: client pins and last-listed contracts.
    pub versions: Versions,
    pub(crate) policy: Policy,
    /// The built-in policy. It checks the scopes of gates, even if the application has its own policy.
    pub(crate) scopes: Arc<ScopeAuthorizer>,
    /// Number of calls of each deprecated tool by each caller.
    pub usage: DeprecatedUsage,
    /// Limit of the server's concurrent calls. Tools that declare `concurrency` have limits of their own.
    pub(crate) concurrency: Concurrency,
    pub(crate) rates: Rates,
    /// Writer of audit records.
    pub audit: Arc<Audit>,
    pub(crate) unauthenticated: UnauthenticatedRecords,
    /// Timeout of a call whose tool declares no `timeout` (setting `limits.timeout`).
    pub(crate) timeout: Duration,
    pub(crate) services: Arc<Services>,
}

/// Internals that only `benches/instructions` uses.
#[doc(hidden)]
pub mod internals {
    pub use super::execute::guard::read as read_arguments;
}
