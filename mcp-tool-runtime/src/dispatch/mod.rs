//! A call's way: [`admit`] decides whether it may begin, [`execute`] carries it out. There is no other.

mod admit;
mod execute;

use std::{sync::Arc, time::Duration};

pub(crate) use admit::{Admitted, Asked, Refusal, RefusalKind};
pub(crate) use execute::Done;

use crate::{
    audit::Audit, limits::Concurrency, registry::Registry, seal::Sealer, usage::Usage, versions::Versions,
};

/// What every call passes through.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    pub(crate) registry: Registry,
    pub(crate) versions: Versions,
    pub(crate) usage: Usage,
    pub(crate) concurrency: Concurrency,
    pub(crate) audit: Arc<Audit>,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) timeout: Duration,
    pub(crate) max_result: usize,
    #[cfg(feature = "oauth")]
    pub(crate) upstreams: Arc<crate::upstream::Upstreams>,
}
