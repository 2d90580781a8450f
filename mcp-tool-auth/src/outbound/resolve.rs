//! Names become addresses here, and only addresses that a request may go to leave.
//!
//! The check stands where the connection is made: a name that meant another address a moment ago (DNS rebinding)
//! is checked again with each connection.

use std::{
    error::Error,
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use futures_util::future::BoxFuture;
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use url::Host;

use super::address::permits;
use mcp_tool_core::network::Network;

/// Asks the system, and lets through what is permitted.
pub(super) struct Guard {
    allowed: Arc<[Network]>,
    lookup: Lookup,
}

type Lookup = fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;

impl Guard {
    pub(super) fn new(allowed: Arc<[Network]>) -> Self {
        Guard { allowed, lookup: |name| Box::pin(look_up(name)) }
    }
}

async fn look_up(name: String) -> io::Result<Vec<SocketAddr>> {
    // The port comes from the URL.
    Ok(tokio::net::lookup_host((name, 0)).await?.collect())
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, name) = (Arc::clone(&self.allowed), name.as_str().to_owned());
        let found = (self.lookup)(name.clone());
        Box::pin(async move { Ok(Box::new(judged(&allowed, &name, found.await?)?.into_iter()) as Addrs) })
    }
}

fn judged(allowed: &[Network], name: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Private> {
    let may = |address: IpAddr| permits(allowed, address) && (!is_local_name(name) || address.is_loopback());
    let (permitted, refused): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| may(found.ip()));
    match (permitted.is_empty(), refused.first()) {
        (true, Some(refused)) => Err(Private { host: name.to_owned(), address: refused.ip() }),
        _ => Ok(permitted),
    }
}

/// Whether the name is this machine's own, for which HTTP without TLS does.
pub(super) fn is_local_name(name: &str) -> bool {
    name == "localhost"
}

/// Whether nobody else can be at the other end.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => is_local_name(name),
        None => false,
    }
}

/// Judges the address that a URL names itself, which nobody resolves.
pub(super) fn check_literal(allowed: &[Network], url: &Url) -> Result<(), Private> {
    let address: IpAddr = match url.host() {
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
        Some(Host::Domain(_)) | None => return Ok(()),
    };
    match permits(allowed, address) {
        true => Ok(()),
        false => Err(Private { host: address.to_string(), address }),
    }
}

/// An address that isn't public, and that nobody named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Private {
    host: String,
    address: IpAddr,
}

impl Private {
    /// The one that a failed request ended in, if it did.
    pub(super) fn among<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(private) = error.downcast_ref() {
                return Some(private);
            }
            next = error.source();
        }
        None
    }
}

impl fmt::Display for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Private { host, address } = self;
        write!(f, "{host} is at {address}, which isn't public: if it is meant, name it in `allow_private`")
    }
}

impl Error for Private {}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
    }

    #[tokio::test]
    async fn a_name_that_is_bound_anew_is_judged_anew() {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let lookup: Lookup = |_| {
            let address =
                if ASKED.fetch_add(1, Ordering::Relaxed) == 0 { "1.1.1.1" } else { "169.254.169.254" };
            Box::pin(async move { Ok(addresses(&[address])) })
        };
        let guard = Guard { allowed: Arc::new([]), lookup };
        let resolve = || guard.resolve("rebinds.example".parse().unwrap());
        assert_eq!(resolve().await.ok().unwrap().collect::<Vec<_>>(), addresses(&["1.1.1.1"]));
        let refused = resolve().await.err().unwrap();
        let private = Private::among(&*refused).unwrap();
        assert_eq!(private.address, IpAddr::from([169, 254, 169, 254]));
        assert!(private.to_string().contains("rebinds.example is at 169.254.169.254"), "{private}");
    }

    #[test]
    fn of_several_addresses_only_those_that_are_permitted_are_left() {
        let both = addresses(&["10.0.0.1", "1.1.1.1", "::ffff:127.0.0.1"]);
        assert_eq!(judged(&[], "mixed.example", both.clone()), Ok(addresses(&["1.1.1.1"])));
        let allowed = [Network::parse("10.0.0.0/8").unwrap()];
        assert_eq!(judged(&allowed, "mixed.example", both), Ok(addresses(&["10.0.0.1", "1.1.1.1"])));
    }

    #[test]
    fn localhost_is_nowhere_else() {
        let allowed = [Network::parse("127.0.0.1").unwrap()];
        assert!(judged(&allowed, "localhost", addresses(&["1.1.1.1"])).is_err());
        assert_eq!(judged(&allowed, "localhost", addresses(&["127.0.0.1"])), Ok(addresses(&["127.0.0.1"])));
    }

    #[test]
    fn an_address_in_a_url_is_judged_however_it_is_written() {
        for host in
            ["127.0.0.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::1]", "[::ffff:7f00:1]", "169.254.169.254"]
        {
            let url = Url::parse(&format!("https://{host}/")).unwrap();
            assert!(check_literal(&[], &url).is_err(), "{host}");
        }
        assert_eq!(check_literal(&[], &Url::parse("https://1.1.1.1/").unwrap()), Ok(()));
        assert_eq!(check_literal(&[], &Url::parse("https://example.com/").unwrap()), Ok(()));
    }
}
