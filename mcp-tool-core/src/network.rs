//! IP networks in settings: one address, or an address and a prefix length in CIDR notation (RFC 4632, RFC 4291 §2.3).

use std::{fmt, net::IpAddr};

use crate::redaction::excerpt;

/// IP network: all addresses that share the first `prefix` bits. A single address is a network with the full prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Parses a network such as `127.0.0.1`, `10.0.0.0/8` or `fd00::/8`. A network of IPv4-mapped IPv6 addresses, such
    /// as `::ffff:10.0.0.0/104`, is read as the IPv4 network, because such addresses are compared as IPv4 addresses.
    ///
    /// # Errors
    /// If `text` isn't an address or a network, or if an address bit after the prefix is 1. The message says what to
    /// write.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shown = || excerpt(text);
        let invalid =
            || format!("\"{}\": must be an address or a network, such as 127.0.0.1 or 10.0.0.0/8", shown());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => width,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|prefix| *prefix <= width).ok_or_else(invalid)?
            }
            Some(_) => return Err(invalid()),
        };
        // An IPv4-mapped address has its IPv4 address in the last 32 of 128 bits.
        let (address, width, prefix) = match address.to_canonical() {
            IpAddr::V4(mapped) if address.is_ipv6() && prefix >= 96 => (IpAddr::V4(mapped), 32, prefix - 96),
            _ => (address, width, prefix),
        };
        let network = Network { address, prefix };
        match bits(address) & !mask(width, prefix) {
            0 => Ok(network),
            _ => Err(format!(
                "\"{}\": the address must be the first one of its network: set all bits after the first {prefix} to 0",
                shown()
            )),
        }
    }

    /// Returns `true` if the address is in the network. An IPv4-mapped IPv6 address counts as its IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let width = if address.is_ipv4() { 32 } else { 128 };
        self.address.is_ipv4() == address.is_ipv4()
            && bits(address) & mask(width, self.prefix) == bits(self.address)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Returns the address as a number. An IPv4 address uses the lowest 32 bits.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// Returns the network mask for addresses of `width` bits, 32 or 128. Of the lowest `width` bits, the highest `prefix`
/// are 1; all other bits are 0.
fn mask(width: u8, prefix: u8) -> u128 {
    let all = u128::MAX >> (128 - u32::from(width));
    all & !(all.checked_shr(prefix.into()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn network_contains_only_its_addresses() {
        let ten = Network::parse("10.0.0.0/8").unwrap();
        assert!(ten.contains(address("10.1.2.3")) && !ten.contains(address("11.0.0.0")));
        // A mapped address is its IPv4 address, unlike another IPv6 address with the same lowest 32 bits.
        assert!(ten.contains(address("::ffff:10.1.2.3")) && !ten.contains(address("::a01:203")));
        let unique = Network::parse("fd00::/8").unwrap();
        assert!(unique.contains(address("fdff::1")) && !unique.contains(address("fc00::1")));
        assert!(Network::parse("0.0.0.0/0").unwrap().contains(address("127.0.0.1")));
        assert!(Network::parse("::/0").unwrap().contains(address("fe80::1")));
        assert!(!Network::parse("127.0.0.1").unwrap().contains(address("127.0.0.2")));
    }

    #[test]
    fn network_of_mapped_addresses_is_the_ipv4_network() {
        let mapped = Network::parse("::ffff:10.0.0.0/104").unwrap();
        assert!(mapped.contains(address("10.1.2.3")) && !mapped.contains(address("11.0.0.0")));
        assert!(Network::parse("::ffff:192.0.2.7").unwrap().contains(address("192.0.2.7")));
        assert!(Network::parse("::ffff:10.0.0.1/104").is_err(), "an address bit after the prefix is 1");
    }

    #[test]
    fn invalid_network_is_refused() {
        for text in
            ["", "localhost", "10/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.1/8", "::1/129", "*"]
        {
            assert!(Network::parse(text).is_err(), "{text}");
        }
    }
}
