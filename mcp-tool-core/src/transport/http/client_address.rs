//! The network address of a client whose requests may come through trusted proxies.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::{HeaderMap, header::HeaderValue};

use crate::network::Network;

/// The header to which each proxy appends the address of its peer.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Returns the address of a request's client: the peer or, if the peer is a trusted proxy, the last address in
/// `X-Forwarded-For` that isn't a trusted proxy's. Earlier addresses are ignored, because the client itself may have
/// written them. If the search from the end of the header finds no such address, or reaches text that isn't an address,
/// returns the trusted proxy at which the search ended.
///
/// The header `Forwarded` (RFC 7239) isn't read. A proxy that only knows one of the two headers passes the other one on
/// as the client wrote it, so reading both would let clients choose their address.
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
        let next = named.next().and_then(|name| named_address(str::from_utf8(name).ok()?));
        let Some(next) = next else { break };
        remote = next.to_canonical();
    }
    remote
}

/// Parses an address in `X-Forwarded-For`. Some proxies add the port of the client, put an IPv6 address in brackets, or
/// write quotes. `None` if the text is anything else.
fn named_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let (address, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            (address.parse::<Ipv6Addr>().ok().map(IpAddr::V6), port)
        }
        None => {
            let (address, port) = text.split_at_checked(text.find(':')?)?;
            (address.parse::<Ipv4Addr>().ok().map(IpAddr::V4), port)
        }
    };
    let is_port = match port.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok(),
        None => port.is_empty(),
    };
    address.filter(|_| is_port)
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
    fn port_brackets_and_quotes_of_a_forwarded_address_are_ignored() {
        let proxies = ["10.0.0.0/8", "fd00::/8"];
        for (named, address) in [
            (&b"203.0.113.9:51234"[..], "203.0.113.9"),
            (b"[2001:db8::1]:443", "2001:db8::1"),
            (b"[2001:db8::1]", "2001:db8::1"),
            (b"\"[2001:db8::1]:443\"", "2001:db8::1"),
            (b"\"203.0.113.9\"", "203.0.113.9"),
            (b"[::ffff:203.0.113.9]:80", "203.0.113.9"),
            (b"203.0.113.9:4000, 10.0.0.2:80, [fd00::2]:443", "203.0.113.9"),
        ] {
            assert_eq!(remote("10.0.0.1", &[named], &proxies), address, "{}", String::from_utf8_lossy(named));
        }
        for named in [
            &b"203.0.113.9:"[..],
            b"203.0.113.9:70000",
            b"203.0.113.9:+80",
            b"203.0.113.9:80:80",
            b"[203.0.113.9]:80",
            b"[2001:db8::1]443",
            b"[2001:db8::1",
            b"host.example:80",
            b"_hidden",
            b"\"",
        ] {
            assert_eq!(
                remote("10.0.0.1", &[named], &proxies),
                "10.0.0.1",
                "{}",
                String::from_utf8_lossy(named)
            );
        }
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
