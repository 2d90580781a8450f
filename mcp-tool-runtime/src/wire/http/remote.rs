//! From where a request comes.

use std::net::IpAddr;

use hyper::HeaderMap;

use crate::network::Network;

/// The header in which a proxy names whom it speaks for, its own peer last.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address that a request came from: the peer's, or what a trusted proxy says. What such a proxy was told by one
/// that isn't trusted counts for nothing.
pub(super) fn remote_of(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let is_proxy = |address: IpAddr| proxies.iter().any(|proxy| proxy.holds(address));
    let mut remote = peer.to_canonical();
    let values: Vec<&str> =
        headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
    let mut named = values.iter().rev().flat_map(|value| value.rsplit(',')).map(str::trim);
    while is_proxy(remote) {
        match named.next().map(str::parse::<IpAddr>) {
            Some(Ok(address)) => remote = address.to_canonical(),
            _ => break,
        }
    }
    remote
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn remote(peer: &str, forwarded: &[&'static str], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(value));
        }
        let proxies: Vec<Network> = proxies.iter().filter_map(|proxy| Network::parse(proxy).ok()).collect();
        peer.parse().map(|peer| remote_of(peer, &headers, &proxies).to_string()).unwrap_or_default()
    }

    #[test]
    fn an_address_has_one_spelling_and_headers_have_no_say() {
        assert_eq!(remote("::ffff:198.51.100.7", &["192.0.2.1"], &[]), "198.51.100.7");
    }

    #[test]
    fn a_trusted_proxy_says_whom_it_speaks_for() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(remote("10.0.0.1", &["192.0.2.1"], &proxies), "192.0.2.1");
        assert_eq!(
            remote("10.0.0.1", &["6.6.6.6, 192.0.2.1, 10.0.0.2"], &proxies),
            "192.0.2.1",
            "what it added"
        );
        assert_eq!(
            remote("10.0.0.1", &["6.6.6.6", "192.0.2.1"], &proxies),
            "192.0.2.1",
            "the last line counts"
        );
        assert_eq!(remote("10.0.0.1", &[], &proxies), "10.0.0.1");
        assert_eq!(remote("10.0.0.1", &["unknown"], &proxies), "10.0.0.1");
        assert_eq!(remote("192.0.2.9", &["192.0.2.1"], &proxies), "192.0.2.9", "a stranger's word");
    }
}
