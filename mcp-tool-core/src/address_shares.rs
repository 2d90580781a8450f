//! Limits of the items of one network address in a pool that unauthenticated clients use, such as connections, so that
//! one machine can't take the whole pool.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex},
};

use crate::sync::lock;

/// Counts the items of a pool by network address. Of an IPv6 address, the first 64 bits count, because one machine may
/// have all addresses that share them. Clones share the counts.
#[derive(Clone, Debug)]
pub struct AddressShares {
    max: usize,
    max_of_address: usize,
    counts: Arc<Mutex<AddressCounts>>,
}

#[derive(Debug, Default)]
struct AddressCounts {
    total: usize,
    by_network: HashMap<IpAddr, usize>,
}

/// A permit for one item of the pool, in use until it is dropped.
#[derive(Debug)]
#[must_use = "a dropped permit no longer counts"]
pub struct AddressPermit {
    shares: AddressShares,
    network: IpAddr,
}

impl AddressShares {
    /// Allows `max` items, of which at most `max_of_address` belong to one address.
    #[must_use]
    pub fn new(max: usize, max_of_address: usize) -> Self {
        AddressShares { max, max_of_address, counts: Arc::default() }
    }

    /// Returns a permit for an item of `address`; `None` if the pool or the address has its maximum.
    #[must_use]
    pub fn permit(&self, address: IpAddr) -> Option<AddressPermit> {
        let network = match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        };
        let mut counts = lock(&self.counts);
        let of_address = counts.by_network.get(&network).copied().unwrap_or_default();
        if counts.total >= self.max || of_address >= self.max_of_address {
            return None;
        }
        counts.total += 1;
        counts.by_network.insert(network, of_address + 1);
        drop(counts);
        Some(AddressPermit { shares: self.clone(), network })
    }
}

impl Drop for AddressPermit {
    fn drop(&mut self) {
        let mut counts = lock(&self.shares.counts);
        counts.total -= 1;
        if let Some(of_address) = counts.by_network.get_mut(&self.network) {
            *of_address -= 1;
            if *of_address == 0 {
                counts.by_network.remove(&self.network);
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
        let shares = AddressShares::new(64, 4);
        let of_network = |last: usize| shares.permit(address(&format!("2001:db8::{last:x}")));
        let mut permits: Vec<_> = (0..4).map(|last| of_network(last).unwrap()).collect();
        assert!(of_network(99).is_none(), "another address of the same network gets a further permit");
        let other = shares.permit(address("192.0.2.1"));
        assert!(other.is_some() && shares.permit(address("2001:db8:0:1::1")).is_some());
        drop(permits.pop());
        assert!(of_network(99).is_some(), "the permit of an ended connection stays in use");
        drop(permits);
        drop(other);
        assert!(lock(&shares.counts).by_network.is_empty());
    }

    #[test]
    fn connections_of_all_addresses_are_limited() {
        let shares = AddressShares::new(64, 4);
        let permits: Vec<_> =
            (0..=64).map(|last| shares.permit(address(&format!("192.0.2.{last}")))).collect();
        assert_eq!(permits.iter().filter(|permit| permit.is_some()).count(), 64);
    }
}
