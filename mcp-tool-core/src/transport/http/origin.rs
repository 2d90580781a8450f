//! Checks the headers `Host` and `Origin`, to refuse requests of web pages that reach a local server by DNS rebinding:
//! the page's host name resolves to a local address (2026-07-28, Streamable HTTP §security).

use hyper::{
    HeaderMap, Uri,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, HOST, ORIGIN,
        VARY,
    },
    http::{HeaderValue, uri::Authority},
};

use crate::transport::request_headers::only;

/// The hosts by which clients may address the server, and the origins of web pages that may send requests.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    hosts: Vec<Host>,
    origins: Vec<String>,
}

/// A host, on one port or on every port.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Host {
    host: String,
    port: Option<u16>,
}

/// The rejection of a host or origin: HTTP status and reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Disallowed {
    pub(super) status: u16,
    pub(super) message: &'static str,
}

/// Hosts that are always allowed, on every port.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl Origins {
    /// Allows `hosts`, `origins`, and the hosts `localhost`, `127.0.0.1` and `[::1]`.
    ///
    /// A host such as `mcp.example.com` allows every port, and `mcp.example.com:8443` allows one port. An origin is
    /// `https://app.example.com`, followed by its port if the port isn't the default of the scheme.
    ///
    /// # Errors
    /// A value is not a valid host or origin.
    pub fn new(hosts: &[String], origins: &[String]) -> Result<Self, String> {
        let named = hosts.iter().map(String::as_str);
        let hosts = LOOPBACK.into_iter().chain(named).map(|host| {
            Host::parse(host).ok_or_else(|| format!("{host:?} is not a host: write `name` or `name:port`"))
        });
        let origins = origins.iter().map(|origin| {
            split_origin(origin).map(|_| origin.to_ascii_lowercase()).ok_or_else(|| {
                format!("{origin:?} is not an origin: write `https://name` or `https://name:port`")
            })
        });
        Ok(Origins { hosts: hosts.collect::<Result<_, _>>()?, origins: origins.collect::<Result<_, _>>()? })
    }

    /// Rejects a request for a host that isn't allowed, and a request from a web page whose origin isn't allowed. The
    /// `http` origin of the server itself is allowed.
    pub(super) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Disallowed> {
        // `None` if the header is absent, repeated, or not visible ASCII.
        let host = only(headers, HOST).ok().flatten().and_then(|host| host.to_str().ok());
        // Fast path for the usual request, which has an allowed host in the same spelling, no host in the request
        // target and no origin.
        if uri.authority().is_none()
            && !headers.contains_key(ORIGIN)
            && host.is_some_and(|host| self.hosts.iter().any(|allowed| allowed.is_spelled(host)))
        {
            return Ok(());
        }
        let Some(host) = host.and_then(Host::parse) else {
            return Err(Disallowed { status: 400, message: "the Host header is missing or malformed" });
        };
        if uri.scheme_str().is_some_and(|scheme| scheme != "http" && scheme != "https") {
            return Err(Disallowed {
                status: 400,
                message: "the request target must be an http or https URL",
            });
        }
        let in_uri = uri.authority().map(|authority| Host::parse(authority.as_str()));
        if !self.allows(&host) || in_uri.is_some_and(|named| named.is_none_or(|named| !self.allows(&named))) {
            return Err(Disallowed {
                status: 403,
                message: "this Host is not allowed: the operator can add it to http.allowed_hosts",
            });
        }
        let Ok(origin) = only(headers, ORIGIN) else {
            return Err(Disallowed { status: 403, message: "the Origin header must not be repeated" });
        };
        match origin {
            None => Ok(()),
            Some(origin) if self.allows_origin(origin, &host) => Ok(()),
            Some(_) => Err(Disallowed {
                status: 403,
                message: "this Origin is not allowed: the operator can add it to http.allowed_origins",
            }),
        }
    }

    fn allows(&self, host: &Host) -> bool {
        self.hosts.iter().any(|allowed| {
            allowed.host == host.host && allowed.port.is_none_or(|port| host.port == Some(port))
        })
    }

    /// Returns `true` if `origin` is allowed, or is the `http` origin of `host`, which is this server.
    fn allows_origin(&self, origin: &HeaderValue, host: &Host) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        let origin = origin.to_ascii_lowercase();
        let is_own = split_origin(&origin).is_some_and(|(scheme, named)| {
            scheme == "http" && named.host == host.host && named.port.unwrap_or(80) == host.port.unwrap_or(80)
        });
        is_own || self.origins.contains(&origin)
    }
}

impl Host {
    /// Returns `true` if the header value `host` is this host in the same spelling, and its port is allowed. A host
    /// without a port is allowed only if every port is.
    fn is_spelled(&self, host: &str) -> bool {
        let Some(rest) = host.strip_prefix(self.host.as_str()) else { return false };
        match (rest.strip_prefix(':'), self.port) {
            (None, None) => rest.is_empty(),
            (None, Some(_)) => false,
            (Some(port), allowed) => {
                // `parse` would accept a sign, as in `+80`.
                let is_plain =
                    (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
                let port = port.parse::<u16>().ok().filter(|_| is_plain);
                port.is_some() && (allowed.is_none() || allowed == port)
            }
        }
    }

    /// Parses `name` or `name:port`; `None` if the text is neither.
    fn parse(text: &str) -> Option<Self> {
        let authority = Authority::try_from(text).ok()?;
        let without_port =
            authority.port_u16().map_or(text, |_| text.rsplit_once(':').map_or(text, |(host, _)| host));
        // Rejects text with credentials (`user@host`) or an invalid port.
        let is_port = |port: &str| !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit());
        let has_invalid_port = authority.port().is_some_and(|port| !is_port(port.as_str()));
        if authority.host() != without_port || authority.host().is_empty() || has_invalid_port {
            return None;
        }
        Some(Host { host: authority.host().to_ascii_lowercase(), port: authority.port_u16() })
    }
}

/// Adds the headers of a CORS preflight response. The origin of the request must be allowed.
pub(super) fn preflight(request: &HeaderMap, response: &mut HeaderMap) {
    response.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, GET, DELETE"));
    response.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if let Some(names) = request.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        response.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
}

/// Adds the CORS headers that let web pages of `origin` read the response. `origin` must be allowed.
pub(super) fn allow_reading(origin: HeaderValue, response: &mut HeaderMap) {
    response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    response
        .insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("mcp-session-id, www-authenticate"));
    response.append(VARY, HeaderValue::from_static("origin"));
}

/// Returns the scheme and host of an `http` or `https` origin (RFC 6454 §6.1). `None` for `null`, other schemes and
/// invalid origins.
fn split_origin(origin: &str) -> Option<(&str, Host)> {
    let (scheme, host) = origin.split_once("://")?;
    matches!(scheme, "http" | "https").then(|| Host::parse(host).map(|named| (scheme, named)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the status of the rejection of a request with these headers; 200 if the request is allowed.
    fn status(origins: &Origins, host: &[&str], origin: &[&str]) -> u16 {
        let mut headers = HeaderMap::new();
        for value in host {
            headers.append(HOST, HeaderValue::from_str(value).unwrap());
        }
        for value in origin {
            headers.append(ORIGIN, HeaderValue::from_str(value).unwrap());
        }
        origins.check(&Uri::from_static("/mcp"), &headers).err().map_or(200, |disallowed| disallowed.status)
    }

    #[test]
    fn only_loopback_and_allowed_hosts_are_served() {
        let origins =
            Origins::new(&["mcp.example.com".into(), "other.example.com:8443".into()], &[]).unwrap();
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "mcp.example.com:9"] {
            assert_eq!(status(&origins, &[host], &[]), 200, "the allowed host {host} was refused");
        }
        assert_eq!(status(&origins, &["other.example.com:8443"], &[]), 200);
        for host in ["evil.example", "other.example.com", "localhost.evil.example", "127.0.0.1.evil.example"]
        {
            assert_eq!(status(&origins, &[host], &[]), 403, "the host {host} isn't allowed");
        }
        for host in [&[][..], &["a@localhost"], &["localhost:x"], &[""], &["localhost", "evil.example"]] {
            assert_eq!(status(&origins, host, &[]), 400, "the Host headers {host:?} aren't valid");
        }
    }

    #[test]
    fn request_target_must_not_name_another_host() {
        let mut headers = HeaderMap::new();
        headers.append(HOST, HeaderValue::from_static("localhost"));
        let other_host = Uri::from_static("http://evil.example/mcp");
        let origins = Origins::new(&[], &[]).unwrap();
        assert_eq!(origins.check(&other_host, &headers).err().map(|disallowed| disallowed.status), Some(403));
    }

    #[test]
    fn web_page_is_allowed_only_from_this_server_or_an_allowed_origin() {
        let origins = Origins::new(&[], &["https://app.example.com".into()]).unwrap();
        let from = |origin: &[&str]| status(&origins, &["localhost:8080"], origin);
        assert_eq!(from(&["http://localhost:8080"]), 200);
        assert_eq!(from(&["https://APP.example.com"]), 200);
        for origin in ["null", "http://localhost:9090", "https://localhost:8080", "http://evil.example", ""] {
            assert_eq!(from(&[origin]), 403, "the origin {origin:?} isn't allowed");
        }
        assert_eq!(from(&["http://localhost:8080", "http://evil.example"]), 403);
    }

    #[test]
    fn invalid_hosts_and_origins_in_settings_are_refused() {
        assert!(Origins::new(&["https://a".into()], &[]).is_err());
        assert!(Origins::new(&[], &["app.example.com".into()]).is_err());
        assert!(Origins::new(&[], &["*".into()]).is_err());
    }
}
