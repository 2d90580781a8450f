//! URLs that tokens and secrets may be sent to: over TLS, or on loopback.

use url::{Host, Url};

/// Returns `true` for `localhost`, the only host name for which HTTP without TLS is allowed.
pub(crate) fn is_local_name(name: &str) -> bool {
    name == "localhost"
}

/// Returns `true` for URLs whose host is a loopback address or `localhost`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => is_local_name(name),
        None => false,
    }
}

/// Returns `true` for HTTPS URLs, and for HTTP URLs on loopback.
pub(crate) fn is_secure(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}
