//! Values of the server that all its calls share.

use std::sync::Arc;

use crate::{
    announce::Announcements,
    ask::{UsedStates, WaitLimit},
    ports::Outbound,
    seal::Sealer,
};

/// Maximum size of a result, in bytes, without the setting `limits.max_result`.
pub(crate) const MAX_RESULT: usize = 1024 * 1024;

/// Values of the server that all its calls share. One instance is made when the server starts.
#[derive(Debug)]
pub(crate) struct Services {
    /// Encrypts page cursors and the `requestState` of questions, which clients store and send back.
    pub(crate) sealer: Sealer,
    /// Maximum size of a result, in bytes (setting `limits.max_result`).
    pub(crate) max_result: usize,
    /// The `requestState`s that clients have sent back, so that each is accepted once.
    pub(crate) used_states: UsedStates,
    /// Limit of the questions that wait for an answer at one time.
    pub(crate) wait_limit: WaitLimit,
    /// Sender of notifications that tell clients of changed lists and resources.
    pub(crate) announcements: Announcements,
    /// HTTP clients of the configured upstreams; `None` if no upstream is configured.
    pub(crate) outbound: Option<Arc<dyn Outbound>>,
}
