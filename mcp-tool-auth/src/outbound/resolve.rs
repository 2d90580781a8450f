//! Resolves host names, and returns only addresses to which requests may be sent: public addresses, and the networks in
//! the upstream's setting `allow_private`.
//!
//! Addresses are checked whenever a name is resolved for a connection, so that a name can't change to a private address
//! after a check (DNS rebinding).

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
use crate::secure_url::is_local_name;
use mcp_tool_core::network::Network;

/// Resolver that removes forbidden addresses from the results of the system's resolver.
pub(super) struct PublicResolver {
    allowed: Arc<[Network]>,
    lookup: Lookup,
}

/// Function that looks up a name. Tests replace it.
type Lookup = fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;

impl PublicResolver {
    pub(super) fn new(allowed: Arc<[Network]>) -> Self {
        PublicResolver { allowed, lookup: |name| Box::pin(look_up(name)) }
    }
}

async fn look_up(name: String) -> io::Result<Vec<SocketAddr>> {
    // The client replaces port 0 by the port of the URL.
    Ok(tokio::net::lookup_host((name, 0)).await?.collect())
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, name) = (Arc::clone(&self.allowed), name.as_str().to_owned());
        let found = (self.lookup)(name.clone());
        Box::pin(async move { Ok(Box::new(permitted(&allowed, &name, found.await?)?.into_iter()) as Addrs) })
    }
}

/// Returns the permitted addresses in `found`. `localhost` may only be at a loopback address, because HTTP without TLS
/// is allowed for this name.
///
/// # Errors
/// The first address, if none of the found addresses is permitted.
fn permitted(
    allowed: &[Network],
    name: &str,
    found: Vec<SocketAddr>,
) -> Result<Vec<SocketAddr>, PrivateAddress> {
    let is_permitted =
        |address: IpAddr| permits(allowed, address) && (!is_local_name(name) || address.is_loopback());
    let (permitted, refused): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|found| is_permitted(found.ip()));
    match (permitted.is_empty(), refused.first()) {
        (true, Some(refused)) => Err(PrivateAddress { host: name.to_owned(), address: refused.ip() }),
        _ => Ok(permitted),
    }
}

/// Checks the host of a URL if the host is an IP address. [`PublicResolver`] can't check such a host, because the
/// client passes only names to a resolver.
pub(super) fn check_literal(allowed: &[Network], url: &Url) -> Result<(), PrivateAddress> {
    let address: IpAddr = match url.host() {
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
        Some(Host::Domain(_)) | None => return Ok(()),
    };
    match permits(allowed, address) {
        true => Ok(()),
        false => Err(PrivateAddress { host: address.to_string(), address }),
    }
}

/// Address to which no request may be sent, because it is neither public nor in `allow_private`. For the name
/// `localhost`, also an address that isn't loopback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PrivateAddress {
    host: String,
    address: IpAddr,
}

impl PrivateAddress {
    /// Returns the refused address that caused an error; `None` if the error has another cause. The HTTP client wraps
    /// the resolver's error in its own errors.
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

impl fmt::Display for PrivateAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PrivateAddress { host, address } = self;
        if is_local_name(host) && !address.is_loopback() {
            return write!(
                f,
                "{host} is at {address}, which isn't a loopback address: correct the machine's hosts file"
            );
        }
        write!(f, "{host} is at {address}, which isn't public: if it is intended, add it to `allow_private`")
    }
}

impl Error for PrivateAddress {}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
    }

    #[tokio::test]
    async fn addresses_of_a_name_are_checked_at_each_resolution() {
        static LOOKUPS: AtomicU32 = AtomicU32::new(0);
        let lookup: Lookup = |_| {
            let address =
                if LOOKUPS.fetch_add(1, Ordering::Relaxed) == 0 { "1.1.1.1" } else { "169.254.169.254" };
            Box::pin(async move { Ok(addresses(&[address])) })
        };
        let resolver = PublicResolver { allowed: Arc::new([]), lookup };
        let resolve = || resolver.resolve("rebinds.example".parse().unwrap());
        assert_eq!(resolve().await.ok().unwrap().collect::<Vec<_>>(), addresses(&["1.1.1.1"]));
        let refused = resolve().await.err().unwrap();
        let private = PrivateAddress::among(&*refused).unwrap();
        assert_eq!(private.address, IpAddr::from([169, 254, 169, 254]));
        assert!(
            private.to_string().contains("rebinds.example is at 169.254.169.254"),
            "wrong refusal: {private}"
        );
    }

    #[test]
    fn only_permitted_addresses_are_returned() {
        let mixed = addresses(&["10.0.0.1", "1.1.1.1", "::ffff:127.0.0.1"]);
        assert_eq!(permitted(&[], "mixed.example", mixed.clone()), Ok(addresses(&["1.1.1.1"])));
        let allowed = [Network::parse("10.0.0.0/8").unwrap()];
        assert_eq!(permitted(&allowed, "mixed.example", mixed), Ok(addresses(&["10.0.0.1", "1.1.1.1"])));
    }

    #[test]
    fn localhost_resolves_only_to_loopback_addresses() {
        let allowed = [Network::parse("127.0.0.1").unwrap()];
        let refused = permitted(&allowed, "localhost", addresses(&["1.1.1.1"])).unwrap_err().to_string();
        assert!(
            refused.contains("isn't a loopback address") && !refused.contains("allow_private"),
            "wrong advice: {refused}"
        );
        assert_eq!(
            permitted(&allowed, "localhost", addresses(&["127.0.0.1"])),
            Ok(addresses(&["127.0.0.1"]))
        );
    }

    #[test]
    fn private_address_in_a_url_is_refused_in_every_notation() {
        for host in
            ["127.0.0.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::1]", "[::ffff:7f00:1]", "169.254.169.254"]
        {
            let url = Url::parse(&format!("https://{host}/")).unwrap();
            assert!(check_literal(&[], &url).is_err(), "{host} is permitted");
        }
        assert_eq!(check_literal(&[], &Url::parse("https://1.1.1.1/").unwrap()), Ok(()));
        assert_eq!(check_literal(&[], &Url::parse("https://example.com/").unwrap()), Ok(()));
    }
}
