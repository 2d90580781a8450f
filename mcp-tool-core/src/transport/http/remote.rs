//! From where a request comes.

use std::net::IpAddr;

use hyper::{HeaderMap, header::HeaderValue};

use crate::network::Network;

/// The header in which a proxy names whom it speaks for, its own peer last.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address that a request came from: the peer's, or what a trusted proxy says. What such a proxy was told by one
/// that isn't trusted counts for nothing.
pub(super) fn remote_of(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let is_proxy = |address: IpAddr| proxies.iter().any(|proxy| proxy.contains(address));
    let mut remote = peer.to_canonical();
    if proxies.is_empty() {
        return remote;
    }
    let lines: Vec<&[u8]> = headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes).collect();
    let mut named = lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    while is_proxy(remote) {
        // What can't be read is no address, and ends the way back.
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
        peer.parse().map(|peer| remote_of(peer, &headers, &proxies).to_string()).unwrap_or_default()
    }

    #[test]
    fn an_address_has_one_spelling_and_headers_have_no_say() {
        assert_eq!(remote("::ffff:198.51.100.7", &[b"192.0.2.1"], &[]), "198.51.100.7");
    }

    #[test]
    fn a_trusted_proxy_says_whom_it_speaks_for() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(remote("10.0.0.1", &[b"192.0.2.1"], &proxies), "192.0.2.1");
        assert_eq!(
            remote("10.0.0.1", &[b"6.6.6.6, 192.0.2.1, 10.0.0.2"], &proxies),
            "192.0.2.1",
            "what it added"
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
            "what a stranger put before"
        );
        assert_eq!(
            remote("10.0.0.1", &[b"6.6.6.6", b"\xff"], &proxies),
            "10.0.0.1",
            "nothing behind it counts"
        );
        assert_eq!(remote("192.0.2.9", &[b"192.0.2.1"], &proxies), "192.0.2.9", "a stranger's word");
    }
}
