//! Which `Host` and `Origin` a request may name, so that a web page can't reach a local server by rebinding
//! DNS (2026-07-28, Streamable HTTP §security).

use hyper::{
    HeaderMap, Uri,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, HOST,
        HeaderName, ORIGIN, VARY,
    },
    http::{HeaderValue, uri::Authority},
};

/// The hosts that a request may name, and the origins of web pages that it may come from.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    hosts: Vec<Named>,
    origins: Vec<String>,
}

/// A host, on one port or on any.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    host: String,
    port: Option<u16>,
}

/// A request that names what it may not, with its HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    pub(super) status: u16,
    pub(super) message: &'static str,
}

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl Origins {
    /// The loopback names and these: `mcp.example.com` on any port, `mcp.example.com:8443` on that one; and
    /// origins such as `https://app.example.com`.
    ///
    /// # Errors
    /// What can't be a host or an origin.
    pub fn new(hosts: &[String], origins: &[String]) -> Result<Self, String> {
        let given = hosts.iter().map(String::as_str);
        let hosts = LOOPBACK.into_iter().chain(given).map(|host| {
            Named::parse(host).ok_or_else(|| format!("{host:?} is no host: write `name` or `name:port`"))
        });
        let origins = origins.iter().map(|origin| {
            split_origin(origin).map(|_| origin.to_ascii_lowercase()).ok_or_else(|| {
                format!("{origin:?} is no origin: write `https://name` or `https://name:port`")
            })
        });
        Ok(Origins { hosts: hosts.collect::<Result<_, _>>()?, origins: origins.collect::<Result<_, _>>()? })
    }

    /// Lets a request pass that names this server, and comes from no web page or from an allowed one.
    pub(super) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Foreign> {
        let host = only(headers, &HOST).ok().flatten().and_then(|host| host.to_str().ok());
        // Most requests name a host as it was allowed, no other in their target, and come from no page.
        if uri.authority().is_none()
            && !headers.contains_key(ORIGIN)
            && host.is_some_and(|host| self.hosts.iter().any(|allowed| allowed.is_spelled(host)))
        {
            return Ok(());
        }
        let Some(host) = host.and_then(Named::parse) else {
            return Err(Foreign { status: 400, message: "the Host header is missing or malformed" });
        };
        if uri.scheme_str().is_some_and(|scheme| scheme != "http" && scheme != "https") {
            return Err(Foreign { status: 400, message: "the target is no address of HTTP" });
        }
        let in_uri = uri.authority().map(|authority| Named::parse(authority.as_str()));
        if !self.allows(&host) || in_uri.is_some_and(|named| named.is_none_or(|named| !self.allows(&named))) {
            return Err(Foreign {
                status: 403,
                message: "this Host is not served here: the operator can add it to http.allowed_hosts",
            });
        }
        let Ok(origin) = only(headers, &ORIGIN) else {
            return Err(Foreign { status: 403, message: "several Origin headers" });
        };
        match origin {
            None => Ok(()),
            Some(origin) if self.allows_origin(origin, &host) => Ok(()),
            Some(_) => Err(Foreign {
                status: 403,
                message: "this Origin is not allowed: the operator can add it to http.allowed_origins",
            }),
        }
    }

    fn allows(&self, host: &Named) -> bool {
        self.hosts.iter().any(|allowed| {
            allowed.host == host.host && allowed.port.is_none_or(|port| host.port == Some(port))
        })
    }

    /// A page of this server's own, or of an origin that was listed.
    fn allows_origin(&self, origin: &HeaderValue, host: &Named) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        let origin = origin.to_ascii_lowercase();
        let own = split_origin(&origin).is_some_and(|(scheme, named)| {
            scheme == "http" && named.host == host.host && named.port.unwrap_or(80) == host.port.unwrap_or(80)
        });
        own || self.origins.contains(&origin)
    }
}

impl Named {
    /// Whether that is this host as it is written, on a port that it may have.
    fn is_spelled(&self, host: &str) -> bool {
        let Some(rest) = host.strip_prefix(self.host.as_str()) else { return false };
        match (rest.strip_prefix(':'), self.port) {
            (None, None) => rest.is_empty(),
            (None, Some(_)) => false,
            (Some(port), wanted) => {
                // As numbers are written: without a sign, and not without digits.
                let is_plain =
                    (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
                let port = port.parse::<u16>().ok().filter(|_| is_plain);
                port.is_some() && (wanted.is_none() || wanted == port)
            }
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let authority = Authority::try_from(text).ok()?;
        let bare =
            authority.port_u16().map_or(text, |_| text.rsplit_once(':').map_or(text, |(host, _)| host));
        // No credentials, and no port that isn't one.
        let is_port = |port: &str| !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit());
        let has_odd_port = authority.port().is_some_and(|port| !is_port(port.as_str()));
        if authority.host() != bare || authority.host().is_empty() || has_odd_port {
            return None;
        }
        Some(Named { host: authority.host().to_ascii_lowercase(), port: authority.port_u16() })
    }
}

/// The answer to a browser that asks whether a page may send a request (CORS preflight), once its origin passed.
pub(super) fn preflight(asked: &HeaderMap, answer: &mut HeaderMap) {
    answer.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, GET, DELETE"));
    answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if let Some(names) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
}

/// Lets the page that sent a request read its answer, once its origin passed.
pub(super) fn readable(origin: HeaderValue, answer: &mut HeaderMap) {
    answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    answer
        .insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("mcp-session-id, www-authenticate"));
    answer.append(VARY, HeaderValue::from_static("origin"));
}

/// Scheme and host of an origin (RFC 6454 §6.1); `null` is none.
fn split_origin(origin: &str) -> Option<(&str, Named)> {
    let (scheme, host) = origin.split_once("://")?;
    matches!(scheme, "http" | "https").then(|| Named::parse(host).map(|named| (scheme, named)))?
}

/// The one value of a header that may come once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h HeaderValue>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(origins: &Origins, host: &[&str], origin: &[&str]) -> u16 {
        let mut headers = HeaderMap::new();
        for value in host {
            headers.append(HOST, HeaderValue::from_str(value).unwrap());
        }
        for value in origin {
            headers.append(ORIGIN, HeaderValue::from_str(value).unwrap());
        }
        origins.check(&Uri::from_static("/mcp"), &headers).err().map_or(200, |foreign| foreign.status)
    }

    #[test]
    fn only_loopback_and_what_was_listed_is_served() {
        let origins =
            Origins::new(&["mcp.example.com".into(), "other.example.com:8443".into()], &[]).unwrap();
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "mcp.example.com:9"] {
            assert_eq!(status(&origins, &[host], &[]), 200, "{host}");
        }
        assert_eq!(status(&origins, &["other.example.com:8443"], &[]), 200);
        for host in ["evil.example", "other.example.com", "localhost.evil.example", "127.0.0.1.evil.example"]
        {
            assert_eq!(status(&origins, &[host], &[]), 403, "{host}");
        }
        for host in [&[][..], &["a@localhost"], &["localhost:x"], &[""], &["localhost", "evil.example"]] {
            assert_eq!(status(&origins, host, &[]), 400, "{host:?}");
        }
    }

    #[test]
    fn the_uri_may_not_name_another_host() {
        let mut headers = HeaderMap::new();
        headers.append(HOST, HeaderValue::from_static("localhost"));
        let foreign = Uri::from_static("http://evil.example/mcp");
        let origins = Origins::new(&[], &[]).unwrap();
        assert_eq!(origins.check(&foreign, &headers).err().map(|foreign| foreign.status), Some(403));
    }

    #[test]
    fn a_web_page_is_let_in_only_from_here_or_from_the_list() {
        let origins = Origins::new(&[], &["https://app.example.com".into()]).unwrap();
        let from = |origin: &[&str]| status(&origins, &["localhost:8080"], origin);
        assert_eq!(from(&["http://localhost:8080"]), 200);
        assert_eq!(from(&["https://APP.example.com"]), 200);
        for origin in ["null", "http://localhost:9090", "https://localhost:8080", "http://evil.example", ""] {
            assert_eq!(from(&[origin]), 403, "{origin}");
        }
        assert_eq!(from(&["http://localhost:8080", "http://evil.example"]), 403);
    }

    #[test]
    fn a_list_that_names_nothing_is_refused() {
        assert!(Origins::new(&["https://a".into()], &[]).is_err());
        assert!(Origins::new(&[], &["app.example.com".into()]).is_err());
        assert!(Origins::new(&[], &["*".into()]).is_err());
    }
}
