//! The pipeline of a call. [`Pipeline::admit`] decides whether a call may begin. [`Admitted::execute`] then runs the
//! tool, or [`Admitted::complete`] suggests values for an argument. The transports (stdio and HTTP) and `TestServer`
//! use this pipeline. No other code runs a served tool: `execute` and `complete` need an [`Admitted`], which only
//! `admit` returns.

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
    audit::Audit,
    call::services::Services,
    control::Controls,
    pipeline::{
        limits::{Concurrency, Rates},
        policy::{Policy, ScopeAuthorizer},
        registry::Registry,
        usage::DeprecatedUsage,
        versions::Versions,
    },
    shares::Shares,
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
    /// Client pins and last-listed contracts, which decide the version of a tool that a call runs.
    pub versions: Versions,
    /// Decides which callers may use which tools: the built-in policy, or the application's own.
    pub(crate) policy: Policy,
    /// The built-in policy. It checks the scopes of gates (the extra scopes of destructive tools), even if `policy` is
    /// the application's own.
    pub(crate) scopes: Arc<ScopeAuthorizer>,
    /// Number of calls of each deprecated tool by each caller.
    pub usage: DeprecatedUsage,
    /// Limit of the server's concurrent calls. Tools that declare `concurrency` have limits of their own.
    pub(crate) concurrency: Concurrency,
    /// Holdings of each user in the pools that all callers share, such as `concurrency`.
    pub(crate) shares: Arc<Shares>,
    /// Counts of each caller's recent calls to each tool that declares a `rate`.
    pub(crate) rates: Rates,
    /// Writer of audit records.
    pub audit: Arc<Audit>,
    /// Timeout of a call whose tool declares no `timeout` (setting `limits.timeout`).
    pub(crate) timeout: Duration,
    /// Values that all calls share, such as the keys of cursors and the connections to upstreams.
    pub(crate) services: Arc<Services>,
}

/// Internals that only `benches/instructions` uses.
#[doc(hidden)]
pub mod internals {
    pub use super::execute::guard::read as read_arguments;
}
