//! A call's way: [`admit`] decides whether it may begin, [`execute`] carries it out. There is no other.

mod admit;
mod execute;

use std::{sync::Arc, time::Duration};

pub(crate) use admit::{Admitted, Asked, Refusal, RefusalKind};
pub(crate) use execute::Done;

#[cfg(feature = "oauth")]
use crate::audit::Strangers;
use crate::{
    audit::Audit, limits::Concurrency, policy::Policy, registry::Registry, seal::Sealer, usage::Usage,
    versions::Versions,
};

/// What every call passes through.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    pub(crate) registry: Registry,
    pub(crate) versions: Versions,
    pub(crate) policy: Policy,
    pub(crate) usage: Usage,
    pub(crate) concurrency: Concurrency,
    pub(crate) audit: Arc<Audit>,
    #[cfg(feature = "oauth")]
    pub(crate) strangers: Strangers,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) timeout: Duration,
    pub(crate) max_result: usize,
}
