//! Server-wide values that calls use.

use std::sync::Arc;

use crate::{
    announce::Announcements,
    ask::{UsedStates, WaitLimit},
    ports::Outbound,
    seal::Sealer,
};

/// Default maximum size of a result, in bytes.
pub(crate) const MAX_RESULT: usize = 1024 * 1024;

/// Values of the server that all calls share.
#[derive(Debug)]
pub(crate) struct Services {
    /// Seals cursors and the states of questions.
    pub(crate) sealer: Sealer,
    /// Maximum size of a result, in bytes.
    pub(crate) max_result: usize,
    pub(crate) used_states: UsedStates,
    pub(crate) wait_limit: WaitLimit,
    pub(crate) announcements: Announcements,
    /// Connections to upstreams, if any are configured.
    pub(crate) outbound: Option<Arc<dyn Outbound>>,
}
