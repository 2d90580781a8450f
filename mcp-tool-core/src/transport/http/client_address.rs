//! The network address of a client, behind trusted proxies.

use std::net::IpAddr;

use hyper::{HeaderMap, header::HeaderValue};

use crate::network::Network;

/// The header to which each proxy appends the address of its peer.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Returns the address of a request's client. This is the peer or, if the peer is a trusted proxy, the last address in
/// `X-Forwarded-For` that isn't a trusted proxy. Earlier addresses are unverified and ignored.
pub(super) fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let is_proxy = |address: IpAddr| proxies.iter().any(|proxy| proxy.contains(address));
    let mut remote = peer.to_canonical();
    if proxies.is_empty() {
        return remote;
    }
    let lines: Vec<&[u8]> = headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes).collect();
    let mut named = lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    while is_proxy(remote) {
        // An unreadable address ends the search.
        let next = named.next().and_then(|name| str::from_utf8(name).ok()?.trim().parse::<IpAddr>().ok());
        let Some(next) = next else { break };
        remote = next.to_canonical();
    }
    remote
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(peer: &str, forwarded: &[&'static [u8]], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(value).unwrap());
        }
        let proxies: Vec<Network> = proxies.iter().filter_map(|proxy| Network::parse(proxy).ok()).collect();
        peer.parse().map(|peer| client_address(peer, &headers, &proxies).to_string()).unwrap_or_default()
    }

    #[test]
    fn header_of_untrusted_peer_is_ignored() {
        assert_eq!(remote("::ffff:198.51.100.7", &[b"192.0.2.1"], &[]), "198.51.100.7");
    }

    #[test]
    fn trusted_proxy_names_the_client() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(remote("10.0.0.1", &[b"192.0.2.1"], &proxies), "192.0.2.1");
        assert_eq!(
            remote("10.0.0.1", &[b"6.6.6.6, 192.0.2.1, 10.0.0.2"], &proxies),
            "192.0.2.1",
            "the last untrusted address"
        );
        assert_eq!(
            remote("10.0.0.1", &[b"6.6.6.6", b"192.0.2.1"], &proxies),
            "192.0.2.1",
            "the last line counts"
        );
        assert_eq!(remote("10.0.0.1", &[], &proxies), "10.0.0.1");
        assert_eq!(remote("10.0.0.1", &[b"unknown"], &proxies), "10.0.0.1");
        assert_eq!(
            remote("10.0.0.1", &[b"\xff, 192.0.2.1"], &proxies),
            "192.0.2.1",
            "an unreadable address before it"
        );
        assert_eq!(
            remote("10.0.0.1", &[b"6.6.6.6", b"\xff"], &proxies),
            "10.0.0.1",
            "an unreadable last address"
        );
        assert_eq!(remote("192.0.2.9", &[b"192.0.2.1"], &proxies), "192.0.2.9", "an untrusted peer");
    }
}
