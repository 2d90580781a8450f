//! Connections that don't come from a trusted proxy, although the operator named proxies that end TLS
//! (`http.trusted_proxies`). Only health checks are answered there, such as those of the orchestrator on the same
//! machine. The number and the duration of these connections are limited, so that they use no capacity of the proxies.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::{
    address_shares::{AddressPermit, AddressShares},
    log_limit::LogLimit,
    sync::lock,
};

/// Maximum number of these connections at one time.
const MAX_OPEN: usize = 64;
/// Maximum number of these connections from one address.
const MAX_OPEN_OF_ADDRESS: usize = 4;
/// Maximum duration of one of these connections.
pub(super) const MAX_TIME: Duration = Duration::from_secs(5);

/// Counts the open connections that don't come from a trusted proxy.
#[derive(Clone, Debug)]
pub(super) struct Outsiders {
    open: AddressShares,
    warnings: Arc<Mutex<LogLimit>>,
}

impl Default for Outsiders {
    fn default() -> Self {
        Outsiders { open: AddressShares::new(MAX_OPEN, MAX_OPEN_OF_ADDRESS), warnings: Arc::default() }
    }
}

impl Outsiders {
    /// Returns a permit for a connection from `address`; `None` if too many are open.
    pub(super) fn permit(&self, address: IpAddr) -> Option<AddressPermit> {
        self.open.permit(address)
    }

    /// Logs that a request was refused, unless the previous warning is too recent.
    pub(super) fn warn(&self, peer: IpAddr) {
        let left_out = lock(&self.warnings).next();
        if let Some(left_out) = left_out {
            tracing::warn!(%peer, left_out, "refused a connection that doesn't come from a trusted proxy (http.trusted_proxies)");
        }
    }
}
