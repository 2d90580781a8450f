//! Connections that don't come from a trusted proxy, although the operator named proxies that end TLS
//! (`http.trusted_proxies`). Only health checks are answered there, such as those of the orchestrator on the same
//! machine. The number and the time of these connections are limited, so that they take nothing from the proxies.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crate::sync::lock;

/// Maximum number of these connections at one time.
const MAX_OPEN: usize = 64;
/// Maximum number of these connections from one address. Of an IPv6 address, the first 64 bits count, because one
/// machine may have all addresses that share them.
const MAX_OPEN_OF_ADDRESS: usize = 4;
/// Maximum time of one of these connections.
pub(super) const MAX_TIME: Duration = Duration::from_secs(5);
/// Minimum interval between two warnings in the log.
const WARNING_INTERVAL: Duration = Duration::from_secs(10);

/// Counts the open connections that don't come from a trusted proxy.
#[derive(Clone, Debug, Default)]
pub(super) struct Outsiders(Arc<Mutex<OutsiderState>>);

#[derive(Debug, Default)]
struct OutsiderState {
    /// Number of open connections, by address.
    open: HashMap<IpAddr, usize>,
    warned_at: Option<Instant>,
}

/// A permit for one connection, in use until it is dropped.
pub(super) struct OutsiderPermit {
    outsiders: Outsiders,
    network: IpAddr,
}

impl Outsiders {
    /// Returns a permit for a connection from `address`; `None` if too many are open.
    pub(super) fn permit(&self, address: IpAddr) -> Option<OutsiderPermit> {
        let network = match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        };
        let mut state = lock(&self.0);
        if state.open.values().sum::<usize>() >= MAX_OPEN {
            return None;
        }
        let of_address = state.open.entry(network).or_default();
        if *of_address >= MAX_OPEN_OF_ADDRESS {
            return None;
        }
        *of_address += 1;
        drop(state);
        Some(OutsiderPermit { outsiders: self.clone(), network })
    }

    /// Logs that a request was refused, unless the previous warning is too recent.
    pub(super) fn warn(&self, peer: IpAddr) {
        let mut state = lock(&self.0);
        if state.warned_at.is_none_or(|warned_at| warned_at.elapsed() > WARNING_INTERVAL) {
            state.warned_at = Some(Instant::now());
            drop(state);
            tracing::warn!(%peer, "refused a connection that doesn't come from a trusted proxy (http.trusted_proxies)");
        }
    }
}

impl Drop for OutsiderPermit {
    fn drop(&mut self) {
        let mut state = lock(&self.outsiders.0);
        if let Some(open) = state.open.get_mut(&self.network) {
            *open -= 1;
            if *open == 0 {
                state.open.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_has_a_share_of_the_connections() {
        let outsiders = Outsiders::default();
        let of_network = |last: usize| outsiders.permit(address(&format!("2001:db8::{last:x}")));
        let mut permits: Vec<_> = (0..MAX_OPEN_OF_ADDRESS).map(|last| of_network(last).unwrap()).collect();
        assert!(of_network(99).is_none(), "another address of the same network gets a further permit");
        let other = outsiders.permit(address("192.0.2.1"));
        assert!(other.is_some() && outsiders.permit(address("2001:db8:0:1::1")).is_some());
        drop(permits.pop());
        assert!(of_network(99).is_some(), "the permit of an ended connection stays in use");
        drop(permits);
        drop(other);
        assert!(lock(&outsiders.0).open.is_empty());
    }

    #[test]
    fn connections_of_all_addresses_are_limited() {
        let outsiders = Outsiders::default();
        let permits: Vec<_> =
            (0..=MAX_OPEN).map(|last| outsiders.permit(address(&format!("192.0.2.{last}")))).collect();
        assert_eq!(permits.iter().filter(|permit| permit.is_some()).count(), MAX_OPEN);
    }
}
