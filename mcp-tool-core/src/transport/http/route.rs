//! The checks of a request before its message is parsed: path, host, origin, authentication, method and body.

use hyper::{
    HeaderMap, Method, StatusCode,
    body::{Bytes, Incoming},
    header::{ACCEPT_ENCODING, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, CONNECTION, HeaderValue, ORIGIN},
    http::request::Parts,
};

use super::{
    accept::prefers_events,
    body::{self, Rejected},
    body_headers,
    client_address::client_address,
    origin,
    response::{HttpResponse, as_event, count_unread, empty, framed, invalid, plain},
    rmcp_service::Kept,
    sender::{Peer, Sender},
    service::Service,
    user_limits,
};

/// The path of the MCP endpoint.
pub const PATH: &str = "/mcp";
/// The paths of the health checks.
const HEALTH: &str = "/healthz";
const READY: &str = "/readyz";

/// A path that is always served. The authentication layer serves the paths of the resource metadata in addition.
enum Served {
    Mcp,
    Health,
    Ready,
}

/// Returns the path without one final slash, because many clients add it to the URL that they are given. All served
/// paths are compared in this form. Other spellings, such as `//mcp`, aren't served.
fn without_final_slash(path: &str) -> &str {
    match path.strip_suffix('/') {
        Some(shorter) if !shorter.is_empty() => shorter,
        Some(_) | None => path,
    }
}

impl Served {
    fn at(path: &str) -> Option<Self> {
        match path {
            PATH => Some(Served::Mcp),
            HEALTH => Some(Served::Health),
            READY => Some(Served::Ready),
            _ => None,
        }
    }
}

impl Service {
    /// Answers a request for the MCP endpoint, a health check or the protected resource metadata (RFC 9728).
    #[expect(clippy::manual_async_fn, reason = "an async function would hold its arguments twice")]
    pub(super) fn respond<'a>(
        &'a self,
        mut parts: Parts,
        mut body: Incoming,
        peer: &'a Peer,
    ) -> impl Future<Output = HttpResponse> {
        // For the same reason, the parts and the body are passed by reference from here on.
        async move {
            let path = without_final_slash(parts.uri.path());
            match Served::at(path) {
                Some(Served::Mcp) if !peer.is_outsider => self.respond_mcp(&mut parts, &mut body, peer).await,
                Some(Served::Health) => health(StatusCode::OK, "ok\n", peer),
                Some(Served::Ready) => self.respond_ready(peer),
                Some(Served::Mcp) | None if peer.is_outsider => {
                    self.outsiders.warn(peer.address);
                    closing(plain(
                        StatusCode::FORBIDDEN,
                        "send requests to the proxy in front of this server\n",
                    ))
                }
                Some(Served::Mcp) | None => self
                    .authentication
                    .metadata(path)
                    .unwrap_or_else(|| plain(StatusCode::NOT_FOUND, "not found: the MCP endpoint is /mcp\n")),
            }
        }
    }

    /// Answers a readiness check. Only callers who may reach the MCP endpoint are told the reason.
    fn respond_ready(&self, peer: &Peer) -> HttpResponse {
        let pipeline = &self.endpoint.pipeline;
        // `true` asks for a call that writes, which is refused more often than one that only reads.
        let reason = if pipeline.audit.permits(true).is_err() {
            "the audit record can't be written\n"
        } else if !pipeline.controls.is_current() {
            "the control file is unreadable or was modified\n"
        } else {
            return health(StatusCode::OK, "ready\n", peer);
        };
        let reason = if peer.is_outsider { "not ready\n" } else { reason };
        health(StatusCode::SERVICE_UNAVAILABLE, reason, peer)
    }

    async fn respond_mcp(&self, parts: &mut Parts, body: &mut Incoming, peer: &Peer) -> HttpResponse {
        let scheme = || self.scheme(peer.address);
        if let Err(disallowed) = self.settings.origins.check(&parts.uri, &parts.headers, scheme) {
            body::drain(&parts.headers, body).await;
            return invalid(disallowed.status, disallowed.message);
        }
        let origin = parts.headers.get(ORIGIN).cloned();
        let prefers_events = prefers_events(&parts.headers);
        let mut response = self.respond_allowed(parts, body, peer).await;
        if prefers_events {
            response = Box::pin(as_event(response)).await;
        }
        if let Some(origin) = origin {
            origin::allow_reading(origin, response.headers_mut());
        }
        response
    }

    /// Opens the event stream of a session (GET), or ends a session (DELETE).
    async fn respond_session(&self, parts: &mut Parts, sender: &Sender<'_>) -> HttpResponse {
        let caller = self.caller(sender, &parts.headers, None);
        if parts.method == Method::DELETE {
            return self.rmcp.forward(parts, Bytes::new(), sender, caller, Kept::default()).await;
        }
        let end = self.stream_end(sender, &caller);
        if end.is_reached() {
            return self.refuse_stream(sender, &caller, None);
        }
        match user_limits::count_stream(&self.endpoint.pipeline.shares, &caller, None) {
            Ok(share) => {
                let kept = Kept { share: Some(share), end: Some(end), ..Kept::default() };
                self.rmcp.forward(parts, Bytes::new(), sender, caller, kept).await
            }
            Err(refused) => framed(refused),
        }
    }

    /// Answers a request whose host and origin are allowed.
    async fn respond_allowed(&self, parts: &mut Parts, body: &mut Incoming, peer: &Peer) -> HttpResponse {
        // A preflight request is answered before authentication, because it has no token.
        if parts.method == Method::OPTIONS && parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            let mut response = empty(StatusCode::NO_CONTENT);
            origin::preflight(&parts.headers, response.headers_mut());
            return response;
        }
        let remote = client_address(peer.address, &parts.headers, &self.settings.proxies);
        let sender = match self.authentication.authenticate(&parts.uri, &mut parts.headers, remote).await {
            Ok(identity) => Sender { peer, remote, identity },
            Err(denied) => {
                body::drain(&parts.headers, body).await;
                return self.authentication.refuse(&denied, &self.endpoint.pipeline, Some(remote));
            }
        };
        match parts.method {
            Method::POST => {}
            // GET opens the stream of a session, and DELETE ends a session.
            Method::GET | Method::DELETE if self.rmcp.has_sessions() => {
                // Boxed, so that this large future isn't part of the future of a call.
                return Box::pin(self.respond_session(parts, &sender)).await;
            }
            _ => {
                body::drain(&parts.headers, body).await;
                let allowed = if self.rmcp.has_sessions() { "GET, POST, DELETE" } else { "POST" };
                let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "POST one JSON-RPC message\n");
                response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
                return response;
            }
        }
        if let Err(Rejected { status, message }) = body_headers::check(&parts.headers) {
            body::drain(&parts.headers, body).await;
            let mut response = invalid(status, &message);
            if let Some(accepted) = body_headers::accepted_encoding(&parts.headers) {
                response.headers_mut().insert(ACCEPT_ENCODING, accepted);
            }
            return response;
        }
        let caller = || self.caller(&sender, &HeaderMap::new(), None);
        let body = match self.bodies.read(&parts.headers, body, caller).await {
            Ok(body) => body.without_byte_order_mark(),
            Err(Rejected { status, message }) => {
                let mut response = invalid(status, &message);
                // The rest of the body may be unread, so no other request can follow it.
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                return response;
            }
        };
        let mut response = self.dispatch(parts, body, &sender).await;
        count_unread(&mut response, || {
            let caller = self.authentication.caller(&sender.identity)?;
            self.endpoint.pipeline.shares.unread_answers(&caller)
        });
        response
    }
}

/// Returns the response to a health check.
fn health(status: StatusCode, text: &'static str, peer: &Peer) -> HttpResponse {
    let response = plain(status, text);
    if peer.is_outsider { closing(response) } else { response }
}

/// Returns a response after which the connection ends.
fn closing(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_final_slash_of_a_path_is_ignored() {
        for (path, served) in [
            ("/mcp", "/mcp"),
            ("/mcp/", "/mcp"),
            ("/readyz/", "/readyz"),
            ("/mcp//", "/mcp/"),
            ("//mcp", "//mcp"),
            ("/", "/"),
        ] {
            assert_eq!(without_final_slash(path), served, "{path}");
        }
    }
}
