//! A request on its way: with the credential to its own upstream, and by redirects no further than is known.

use hyper::body::Bytes;
use reqwest::{
    Method, Response, StatusCode, Url,
    header::{ACCEPT, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderMap, LOCATION},
};

use super::{Remote, credential::Shown, fault::Fault, resolve, settings::Settings};

/// Redirects that one request follows.
const MAX_REDIRECTS: usize = 5;

/// One request as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Hop {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
    /// Whether it goes to the upstream itself, by no detour: only then it carries the credential.
    pub(super) is_own: bool,
}

/// Why a request has no answer, and whether it may have taken effect.
pub(super) struct Lost {
    pub(super) fault: Fault,
    pub(super) was_sent: bool,
}

impl Remote {
    /// Sends a request and follows where it leads; tells whether the answer is to one with the credential.
    pub(super) async fn follow(&self, mut hop: Hop, shown: &Shown) -> Result<(Response, bool), Lost> {
        let unsent = |fault| Lost { fault, was_sent: false };
        let mut was_sent = false;
        for _ in 0..=MAX_REDIRECTS {
            resolve::check_literal(&self.settings.allow_private, &hop.url)
                .map_err(|private| Lost { fault: Fault::Wrong(private.to_string()), was_sent })?;
            let mut request =
                self.client.request(hop.method.clone(), hop.url.clone()).headers(hop.headers.clone());
            if hop.is_own {
                request = request.header(shown.header.clone(), shown.value.clone());
            }
            if let Some(body) = &hop.body {
                request = request.body(body.clone());
            }
            let response = match request.send().await {
                Ok(response) => response,
                Err(error) if error.is_connect() || error.is_builder() => {
                    return Err(Lost { was_sent, ..unsent(Fault::of(error)) });
                }
                Err(error) => return Err(Lost { fault: Fault::of(error), was_sent: true }),
            };
            was_sent = true;
            let Some(location) = location(&response) else { return Ok((response, hop.is_own)) };
            let next = hop.redirected(response.status(), &location, &self.settings);
            hop = next.map_err(|reason| Lost { fault: Fault::Wrong(reason), was_sent })?;
        }
        Err(Lost { fault: Fault::Away(format!("over {MAX_REDIRECTS} redirects")), was_sent })
    }
}

fn location(response: &Response) -> Option<String> {
    match response.status().as_u16() {
        301 | 302 | 303 | 307 | 308 => {
            // What isn't text is no address; the redirect is then the answer.
            response.headers().get(LOCATION)?.to_str().ok().map(str::to_owned)
        }
        _ => None,
    }
}

impl Hop {
    /// The request to which a redirect leads. Only to the upstream's own scheme, host and port go credential,
    /// headers and body.
    fn redirected(self, status: StatusCode, location: &str, settings: &Settings) -> Result<Hop, String> {
        let mut url = self.url.join(location).map_err(|_| "a redirect leads to no address".to_owned())?;
        url.set_fragment(None);
        let host = || match url.port() {
            Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
            None => url.host_str().unwrap_or_default().to_owned(),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("a redirect to {} holds a name or a password", host()));
        }
        let same_host = url.origin() == settings.base.origin();
        // What else lives on that host is another service's.
        let stays = same_host && url.path().starts_with(settings.base.path());
        let named = settings.redirect_hosts.iter().any(|named| named.is_of(&url));
        if same_host && !stays && !named {
            return Err(format!("a redirect leads out of {}", settings.base.path()));
        }
        if !stays && !named {
            return Err(format!("a redirect leads to {}, which `redirect_hosts` doesn't name", host()));
        }
        let is_safe = url.scheme() == "https"
            || url.scheme() == "http" && self.url.scheme() == "http" && resolve::is_loopback(&url);
        if !is_safe {
            return Err(format!("a redirect leads to {} without TLS", host()));
        }
        let is_post = self.method == Method::POST;
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => is_post,
            _ => false,
        };
        let mut hop = Hop { url, is_own: self.is_own && stays, ..self };
        if becomes_get {
            (hop.method, hop.body) = (Method::GET, None);
            for header in [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE] {
                hop.headers.remove(header);
            }
        }
        if !hop.is_own {
            if hop.body.is_some() || !matches!(hop.method, Method::GET | Method::HEAD) {
                return Err(format!(
                    "a redirect would take what is written to {}",
                    hop.url.host_str().unwrap_or_default()
                ));
            }
            hop.headers = hop.headers.remove(ACCEPT).map(|accept| (ACCEPT, accept)).into_iter().collect();
        }
        Ok(hop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::given::{Given, Key};

    fn settings() -> Settings {
        let given = Given::default()
            .with(Key::Url, "https://x.example/api")
            .with(Key::Credential, "key")
            .with(Key::File, "key")
            .with(Key::RedirectHosts, "files.example.com, other.example.com:8443");
        Settings::judge(&given).unwrap()
    }

    fn hop(method: Method, body: Option<&'static str>) -> Hop {
        let headers = [("accept", "text/csv"), ("content-type", "text/plain"), ("x-tenant", "acme")];
        Hop {
            method,
            url: Url::parse("https://x.example/api/a").unwrap(),
            headers: headers
                .into_iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect(),
            body: body.map(Bytes::from),
            is_own: true,
        }
    }

    fn led(method: Method, status: u16, to: &str) -> Result<Hop, String> {
        let body = (method == Method::POST || method == Method::PUT).then_some("text");
        hop(method, body).redirected(StatusCode::from_u16(status).unwrap(), to, &settings())
    }

    #[test]
    fn within_the_upstream_a_redirect_is_followed_with_all_that_it_carries() {
        let next = led(Method::GET, 302, "/api/b?c=d#e").unwrap();
        assert!(next.is_own && next.headers.len() == 3);
        assert_eq!(next.url.as_str(), "https://x.example/api/b?c=d");
        let next = led(Method::PUT, 307, "b").unwrap();
        assert_eq!((next.method, next.body.as_deref()), (Method::PUT, Some(&b"text"[..])));
        let next = led(Method::POST, 303, "b").unwrap();
        assert_eq!(
            (next.method, next.body, next.headers.contains_key(CONTENT_TYPE)),
            (Method::GET, None, false)
        );
    }

    #[test]
    fn a_named_host_gets_neither_credential_nor_headers_nor_body() {
        let next = led(Method::GET, 302, "https://files.example.com/x").unwrap();
        assert!(!next.is_own);
        assert_eq!(next.headers.keys().collect::<Vec<_>>(), [ACCEPT]);
        // Back again it stays without: who led away may not lead back.
        let back = next.redirected(StatusCode::FOUND, "https://x.example/api/b", &settings()).unwrap();
        assert!(!back.is_own);
        assert!(led(Method::GET, 302, "https://other.example.com:8443/x").is_ok());
        for (method, status) in [(Method::POST, 307), (Method::PUT, 308), (Method::DELETE, 307)] {
            let said = led(method, status, "https://files.example.com/x").unwrap_err();
            assert!(said.contains("would take what is written to files.example.com"), "{said}");
        }
    }

    #[test]
    fn a_redirect_elsewhere_is_refused_and_names_the_host() {
        for (to, wanted) in [
            ("https://evil.example/x", "evil.example"),
            ("//evil.example/x", "evil.example"),
            ("https://x.example:8443/a", "x.example:8443"),
            ("https://other.example.com/x", "other.example.com"),
            ("/admin", "leads out of /api/"),
            ("/api/../admin", "leads out of /api/"),
            ("/apis/b", "leads out of /api/"),
            ("http://x.example/a", "x.example"),
            ("http://files.example.com/a", "without TLS"),
            ("https://ann:pw@x.example/a", "holds a name or a password"),
            ("file:///etc/passwd", "which `redirect_hosts` doesn't name"),
            ("https://[", "no address"),
        ] {
            let said = led(Method::GET, 302, to).unwrap_err();
            assert!(said.contains(wanted) && !said.contains("pw"), "{to}: {said}");
        }
    }
}
