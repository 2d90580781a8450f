//! Sends requests and follows redirects. Only requests below the upstream's base URL carry the credential.

use hyper::body::Bytes;
use reqwest::{
    Method, Response, StatusCode, Url,
    header::{ACCEPT, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderMap, LOCATION},
};

use super::{
    client::UpstreamClient, config::UpstreamConfig, credential::CredentialHeader, failure::UpstreamFailure,
    path, resolve,
};
use crate::secure_url::is_loopback;

/// Maximum number of redirects that are followed for one request.
const MAX_REDIRECTS: usize = 5;

/// Request to the upstream or, after redirects, to another host.
#[derive(Clone, Debug)]
pub(super) struct OutgoingRequest {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
    /// `true` if the request carries the credential, because no redirect has left the upstream's base URL.
    pub(super) has_credential: bool,
}

/// Reason why a request has no final response, such as a failed connection or a forbidden redirect.
pub(super) struct SendFailure {
    pub(super) failure: UpstreamFailure,
    /// `true` if the upstream may have received the request, so that the request may have had an effect.
    pub(super) was_sent: bool,
}

impl UpstreamClient {
    /// Sends a request and follows redirects. Returns the response, and `true` if the last request carried the
    /// credential.
    pub(super) async fn send(
        &self,
        mut request: OutgoingRequest,
        credential: &CredentialHeader,
    ) -> Result<(Response, bool), SendFailure> {
        let mut was_sent = false;
        for _ in 0..=MAX_REDIRECTS {
            // The client checks the addresses that names resolve to, but not an IP address in the URL.
            resolve::check_literal(&self.config.allow_private, &request.url).map_err(|private| {
                SendFailure { failure: UpstreamFailure::Misconfigured(private.to_string()), was_sent }
            })?;
            let OutgoingRequest { method, url, headers, body, has_credential } = request.clone();
            let mut builder = self.http.request(method, url).headers(headers);
            if has_credential {
                builder = builder.header(credential.name.clone(), credential.value.clone());
            }
            if let Some(body) = body {
                builder = builder.body(body);
            }
            let response = match builder.send().await {
                Ok(response) => response,
                Err(error) => {
                    was_sent |= !(error.is_connect() || error.is_builder());
                    return Err(SendFailure { failure: UpstreamFailure::of(error), was_sent });
                }
            };
            was_sent = true;
            let Some(location) = location(&response) else { return Ok((response, has_credential)) };
            let next = request.redirected(response.status(), &location, &self.config);
            request = next.map_err(|reason| SendFailure {
                failure: UpstreamFailure::Misconfigured(reason),
                was_sent,
            })?;
        }
        let failure = UpstreamFailure::Unavailable(format!("more than {MAX_REDIRECTS} redirects"));
        Err(SendFailure { failure, was_sent })
    }
}

/// Returns the target of a redirect, as the header `Location` contains it. `None` if the response isn't a redirect that
/// can be followed.
fn location(response: &Response) -> Option<String> {
    match response.status().as_u16() {
        301 | 302 | 303 | 307 | 308 => {
            // A location that isn't ASCII can't be followed, so the tool function gets the redirect as the response.
            response.headers().get(LOCATION)?.to_str().ok().map(str::to_owned)
        }
        _ => None,
    }
}

impl OutgoingRequest {
    /// Returns the request that follows a redirect to `location`. After a redirect has left the upstream's base URL,
    /// requests carry neither the credential nor a body, and only the header `Accept`.
    ///
    /// # Errors
    /// - A URL that is invalid, contains a user name or a password, or has no TLS. A redirect from HTTP to HTTP on
    ///   loopback needs no TLS.
    /// - A URL that is neither below the base URL nor on a host in `redirect_hosts`.
    /// - A request with a body or another method than `GET` and `HEAD`, if it would be sent without the credential.
    fn redirected(
        self,
        status: StatusCode,
        location: &str,
        config: &UpstreamConfig,
    ) -> Result<OutgoingRequest, String> {
        let mut url = self.url.join(location).map_err(|_| "a redirect leads to an invalid URL".to_owned())?;
        url.set_fragment(None);
        let host = || match url.port() {
            Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
            None => url.host_str().unwrap_or_default().to_owned(),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("a redirect to {} contains a user name or a password", host()));
        }
        let is_same_origin = url.origin() == config.base.origin();
        // Paths outside of the base URL may belong to another service on the same host.
        let is_below = path::is_below(&config.base, &url);
        let is_named_host = config.redirect_hosts.iter().any(|host| host.matches(&url));
        if is_same_origin && !is_below && !is_named_host {
            return Err(format!("a redirect leads out of {}", config.base.path()));
        }
        if !is_below && !is_named_host {
            return Err(format!("a redirect leads to {}, which `redirect_hosts` doesn't name", host()));
        }
        let is_safe = url.scheme() == "https"
            || url.scheme() == "http" && self.url.scheme() == "http" && is_loopback(&url);
        if !is_safe {
            return Err(format!("a redirect leads to {} without TLS", host()));
        }
        let is_post = self.method == Method::POST;
        // 303 asks for a `GET`. After 301 and 302, clients usually change a `POST` to `GET` too (RFC 9110 §15.4).
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => is_post,
            _ => false,
        };
        let mut request = OutgoingRequest { url, has_credential: self.has_credential && is_below, ..self };
        if becomes_get {
            (request.method, request.body) = (Method::GET, None);
            for header in [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE] {
                request.headers.remove(header);
            }
        }
        if !request.has_credential {
            if request.body.is_some() || !matches!(request.method, Method::GET | Method::HEAD) {
                return Err(format!(
                    "a redirect would send a write to {}",
                    request.url.host_str().unwrap_or_default()
                ));
            }
            request.headers =
                request.headers.remove(ACCEPT).map(|accept| (ACCEPT, accept)).into_iter().collect();
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::settings::UpstreamSettings;

    fn config() -> UpstreamConfig {
        let mut settings = UpstreamSettings::default();
        for (key, value) in [
            ("url", "https://x.example/api"),
            ("credential", "key"),
            ("key_file", "key"),
            ("redirect_hosts", "files.example.com, other.example.com:8443"),
        ] {
            settings.set(key, value).unwrap();
        }
        UpstreamConfig::validate(&settings).unwrap()
    }

    fn request(method: Method, body: Option<&'static str>) -> OutgoingRequest {
        let headers = [("accept", "text/csv"), ("content-type", "text/plain"), ("x-tenant", "acme")];
        OutgoingRequest {
            method,
            url: Url::parse("https://x.example/api/a").unwrap(),
            headers: headers
                .into_iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect(),
            body: body.map(Bytes::from),
            has_credential: true,
        }
    }

    /// Returns the request that follows a redirect to `to`. Before the redirect, a `POST` or `PUT` has a body.
    fn redirected(method: Method, status: u16, to: &str) -> Result<OutgoingRequest, String> {
        let body = (method == Method::POST || method == Method::PUT).then_some("text");
        request(method, body).redirected(StatusCode::from_u16(status).unwrap(), to, &config())
    }

    #[test]
    fn redirect_within_the_upstream_keeps_headers_and_credential() {
        let next = redirected(Method::GET, 302, "/api/b?c=d#e").unwrap();
        assert!(next.has_credential && next.headers.len() == 3);
        assert_eq!(next.url.as_str(), "https://x.example/api/b?c=d");
        let next = redirected(Method::PUT, 307, "b").unwrap();
        assert_eq!((next.method, next.body.as_deref()), (Method::PUT, Some(&b"text"[..])));
        // 303 turns a `POST` into a `GET` without a body and without the headers of a body.
        let next = redirected(Method::POST, 303, "b").unwrap();
        assert_eq!(
            (next.method, next.body, next.headers.contains_key(CONTENT_TYPE)),
            (Method::GET, None, false)
        );
    }

    #[test]
    fn redirect_host_gets_neither_credential_nor_body_and_only_the_header_accept() {
        let next = redirected(Method::GET, 302, "https://files.example.com/x").unwrap();
        assert!(!next.has_credential);
        assert_eq!(next.headers.keys().collect::<Vec<_>>(), [ACCEPT]);
        // A redirect back to the upstream doesn't restore the credential.
        let back = next.redirected(StatusCode::FOUND, "https://x.example/api/b", &config()).unwrap();
        assert!(!back.has_credential);
        assert!(redirected(Method::GET, 302, "https://other.example.com:8443/x").is_ok());
        for (method, status) in [(Method::POST, 307), (Method::PUT, 308), (Method::DELETE, 307)] {
            let error = redirected(method, status, "https://files.example.com/x").unwrap_err();
            assert!(error.contains("would send a write to files.example.com"), "wrong refusal: {error}");
        }
    }

    #[test]
    fn redirect_to_an_unnamed_or_unsafe_url_is_refused() {
        for (to, wanted) in [
            ("https://evil.example/x", "evil.example"),
            ("//evil.example/x", "evil.example"),
            ("https://x.example:8443/a", "x.example:8443"),
            ("https://other.example.com/x", "other.example.com"),
            ("/admin", "leads out of /api/"),
            ("/api/../admin", "leads out of /api/"),
            ("/apis/b", "leads out of /api/"),
            ("/api/v1/..%2f..%2fadmin", "leads out of /api/"),
            ("v1/%2e%2e%5cadmin", "leads out of /api/"),
            ("/api/%252e%252e/admin", "leads out of /api/"),
            ("/api/..;/admin", "leads out of /api/"),
            ("/api//evil.example/x", "leads out of /api/"),
            ("http://x.example/a", "x.example"),
            ("http://files.example.com/a", "without TLS"),
            ("https://ann:pw@x.example/a", "contains a user name or a password"),
            ("file:///etc/passwd", "which `redirect_hosts` doesn't name"),
            ("https://[", "invalid URL"),
        ] {
            let error = redirected(Method::GET, 302, to).unwrap_err();
            assert!(error.contains(wanted) && !error.contains("pw"), "wrong refusal of {to}: {error}");
        }
    }
}
