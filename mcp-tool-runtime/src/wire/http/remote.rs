//! Where a request comes from, as records have it.

use std::net::IpAddr;

use hyper::HeaderMap;

/// The address that a request counts as coming from: that of its connection's other end. What the headers say of
/// it could be anybody's word.
pub(super) fn remote_of(peer: IpAddr, _headers: &HeaderMap) -> IpAddr {
    peer.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling_and_headers_have_no_say() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", hyper::header::HeaderValue::from_static("192.0.2.1"));
        headers.insert("forwarded", hyper::header::HeaderValue::from_static("for=192.0.2.1"));
        let mapped: IpAddr = "::ffff:198.51.100.7".parse().unwrap();
        assert_eq!(remote_of(mapped, &headers).to_string(), "198.51.100.7");
    }
}
