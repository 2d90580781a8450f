//! The network address of a client whose requests may come through trusted proxies.

use std::net::IpAddr;

use hyper::{HeaderMap, header::HeaderValue};

use crate::network::Network;

/// The header to which each proxy appends the address of its peer.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Returns the address of a request's client: the peer or, if the peer is a trusted proxy, the last address in
/// `X-Forwarded-For` that isn't a trusted proxy's. Earlier addresses are ignored, because the client itself may have
/// written them. If the search from the end of the header finds no such address, or reaches text that isn't an address,
/// returns the trusted proxy at which the search ended.
pub(super) fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let is_proxy = |address: IpAddr| proxies.iter().any(|proxy| proxy.contains(address));
    let mut remote = peer.to_canonical();
    if proxies.is_empty() {
        return remote;
    }
    let lines: Vec<&[u8]> = headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes).collect();
    let mut named = lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    while is_proxy(remote) {
        // Text that isn't an address ends the search.
        let next = named.next().and_then(|name| str::from_utf8(name).ok()?.trim().parse::<IpAddr>().ok());
        let Some(next) = next else { break };
        remote = next.to_canonical();
    }
    remote
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the client's address, for a peer, lines of `X-Forwarded-For`, and networks of trusted proxies.
    fn remote(peer: &str, forwarded: &[&'static [u8]], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(value).unwrap());
        }
        let proxies: Vec<Network> = proxies.iter().filter_map(|proxy| Network::parse(proxy).ok()).collect();
        peer.parse().map(|peer| client_address(peer, &headers, &proxies).to_string()).unwrap_or_default()
    }

    #[test]
    fn forwarded_for_of_untrusted_peer_is_ignored() {
        assert_eq!(remote("::ffff:198.51.100.7", &[b"192.0.2.1"], &[]), "198.51.100.7");
    }

    #[test]
    fn client_is_the_last_forwarded_address_that_is_not_a_proxy() {
        // The client is 192.0.2.1. It may have written 6.6.6.6 itself.
        let proxies = ["10.0.0.0/8"];
        assert_eq!(remote("10.0.0.1", &[b"192.0.2.1"], &proxies), "192.0.2.1");
        assert_eq!(
            remote("10.0.0.1", &[b"6.6.6.6, 192.0.2.1, 10.0.0.2"], &proxies),
            "192.0.2.1",
            "the client must be the last address that isn't a proxy"
        );
        assert_eq!(
            remote("10.0.0.1", &[b"6.6.6.6", b"192.0.2.1"], &proxies),
            "192.0.2.1",
            "the client must be taken from the last header line"
        );
        assert_eq!(remote("10.0.0.1", &[], &proxies), "10.0.0.1");
        assert_eq!(remote("10.0.0.1", &[b"unknown"], &proxies), "10.0.0.1");
        assert_eq!(
            remote("10.0.0.1", &[b"\xff, 192.0.2.1"], &proxies),
            "192.0.2.1",
            "an invalid address before the client's must be ignored"
        );
        assert_eq!(
            remote("10.0.0.1", &[b"6.6.6.6", b"\xff"], &proxies),
            "10.0.0.1",
            "an invalid last address must end the search at the proxy"
        );
        assert_eq!(
            remote("192.0.2.9", &[b"192.0.2.1"], &proxies),
            "192.0.2.9",
            "an untrusted peer is the client"
        );
    }
}
