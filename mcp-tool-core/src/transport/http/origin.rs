//! Checks the headers `Host` and `Origin`, to refuse requests of web pages that reach a local server by DNS rebinding:
//! the page's host name resolves to a local address (2026-07-28, Streamable HTTP §security).

use hyper::{
    HeaderMap, Uri,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, HOST, ORIGIN,
        VARY,
    },
    http::HeaderValue,
};

use super::host::{AllowedHost, Host, Scheme, WebOrigin};
use crate::transport::request_headers::only;

/// The hosts by which clients may address the server, and the origins of web pages that may send requests.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    hosts: Vec<AllowedHost>,
    origins: Vec<WebOrigin>,
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
    /// A value isn't a host or origin that clients send. The message says what to write.
    pub fn new(hosts: &[String], origins: &[String]) -> Result<Self, String> {
        let named = hosts.iter().map(String::as_str);
        let hosts = LOOPBACK.into_iter().chain(named).map(AllowedHost::of_setting);
        let origins = origins.iter().map(|origin| WebOrigin::of_setting(origin));
        Ok(Origins { hosts: hosts.collect::<Result<_, _>>()?, origins: origins.collect::<Result<_, _>>()? })
    }

    /// Rejects a request for a host that isn't allowed, and a request from a web page whose origin isn't allowed. The
    /// origin of the server itself is allowed. `scheme` returns the scheme by which the client reaches the server; it
    /// is called only for requests of web pages.
    pub(super) fn check(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        scheme: impl FnOnce() -> Scheme,
    ) -> Result<(), Disallowed> {
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
            Some(origin) if self.allows_origin(origin, &host, scheme()) => Ok(()),
            Some(_) => Err(Disallowed {
                status: 403,
                message: "this Origin is not allowed: the operator can add it to http.allowed_origins",
            }),
        }
    }

    fn allows(&self, host: &Host) -> bool {
        self.hosts.iter().any(|allowed| allowed.allows(host))
    }

    /// Returns `true` if `origin` is allowed, or is the origin of `host`, which is this server.
    fn allows_origin(&self, origin: &HeaderValue, host: &Host, scheme: Scheme) -> bool {
        let Some(origin) = origin.to_str().ok().and_then(WebOrigin::parse) else { return false };
        let port = host.port.unwrap_or(scheme.default_port());
        let is_own = origin.scheme == scheme && origin.host == host.host && origin.port == port;
        is_own || self.origins.contains(&origin)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the status of the rejection of a request with these headers; 200 if the request is allowed.
    fn status(origins: &Origins, host: &[&str], origin: &[&str]) -> u16 {
        status_over(Scheme::Http, origins, host, origin)
    }

    /// Returns the status as [`status`] does, for a server that clients reach by this scheme.
    fn status_over(scheme: Scheme, origins: &Origins, host: &[&str], origin: &[&str]) -> u16 {
        let mut headers = HeaderMap::new();
        for value in host {
            headers.append(HOST, HeaderValue::from_str(value).unwrap());
        }
        for value in origin {
            headers.append(ORIGIN, HeaderValue::from_str(value).unwrap());
        }
        origins
            .check(&Uri::from_static("/mcp"), &headers, || scheme)
            .err()
            .map_or(200, |disallowed| disallowed.status)
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
        assert_eq!(
            origins.check(&other_host, &headers, || Scheme::Http).err().map(|disallowed| disallowed.status),
            Some(403)
        );
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
    fn own_origin_has_the_scheme_and_port_by_which_clients_reach_the_server() {
        let origins = Origins::new(&["mcp.example.com".into()], &[]).unwrap();
        let over_tls = |host: &str, origin: &str| status_over(Scheme::Https, &origins, &[host], &[origin]);
        assert_eq!(over_tls("localhost:8443", "https://localhost:8443"), 200);
        assert_eq!(over_tls("mcp.example.com", "https://mcp.example.com"), 200);
        assert_eq!(over_tls("mcp.example.com:443", "https://mcp.example.com"), 200);
        for (host, origin) in [
            ("localhost:8443", "http://localhost:8443"),
            ("localhost:8443", "https://localhost"),
            ("mcp.example.com", "https://mcp.example.com:80"),
            ("mcp.example.com", "http://mcp.example.com:443"),
            ("mcp.example.com", "https://evil.example"),
        ] {
            assert_eq!(over_tls(host, origin), 403, "{origin} isn't the origin of https://{host}");
        }
        assert_eq!(status(&origins, &["mcp.example.com"], &["http://mcp.example.com"]), 200);
        assert_eq!(status(&origins, &["mcp.example.com"], &["https://mcp.example.com"]), 403);
    }

    #[test]
    fn allowed_origin_matches_every_spelling_that_a_client_may_send() {
        let origins = Origins::new(&[], &["https://App.example.com:443/".into()]).unwrap();
        for origin in ["https://app.example.com", "https://APP.example.com:443"] {
            assert_eq!(status(&origins, &["localhost"], &[origin]), 200, "{origin}");
        }
        for origin in ["http://app.example.com", "https://app.example.com:444", "https://app.example.com/"] {
            assert_eq!(status(&origins, &["localhost"], &[origin]), 403, "{origin}");
        }
    }

    #[test]
    fn invalid_hosts_and_origins_in_settings_are_refused() {
        assert!(Origins::new(&["https://a".into()], &[]).is_err());
        assert!(Origins::new(&[], &["app.example.com".into()]).is_err());
        assert!(Origins::new(&[], &["*".into()]).is_err());
    }
}
