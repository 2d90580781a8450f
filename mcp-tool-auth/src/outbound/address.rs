//! Addresses to which requests may be sent: public addresses, and the networks in the upstream's setting
//! `allow_private`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use mcp_tool_core::network::Network;

/// Returns `true` if requests may be sent to the address. `allowed` is the setting `allow_private`.
pub(crate) fn permits(allowed: &[Network], address: IpAddr) -> bool {
    is_public(address) || allowed.iter().any(|network| network.contains(address))
}

/// Returns `true` for addresses of the public Internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Returns `true` unless the address is private, shared, loopback, link-local, or reserved for protocols,
/// documentation, benchmarks, 6to4 relays, multicast or future use.
fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [224..=255, ..]
    )
}

/// Returns `true` for global unicast addresses (`2000::/3`), except protocol assignments (`2001::/23`, which contains
/// Teredo), 6to4 and documentation. Mapped and translated IPv4 (`::ffff:0:0/96`, `64:ff9b::/96`), local, link-local and
/// multicast addresses aren't public either, because they are outside of `2000::/3`.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, 0..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: [&str; 44] = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "3fff::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
    ];

    const PUBLIC: [&str; 12] = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450:4001::1",
    ];

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_public_and_allowed_addresses_are_permitted() {
        for text in REFUSED {
            assert!(!permits(&[], address(text)), "{text} is permitted");
            let allowed = Network::parse(text).unwrap();
            assert!(permits(&[allowed], address(text)), "{text} is refused although it is allowed");
        }
        for text in PUBLIC {
            assert!(permits(&[], address(text)), "the public address {text} is refused");
        }
    }
}
