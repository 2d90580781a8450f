//! The checks of a request before its message is parsed: path, host, origin, authentication, method and body.

use hyper::{
    HeaderMap, Method, Request, StatusCode,
    body::{Bytes, Incoming},
    header::{ACCESS_CONTROL_REQUEST_METHOD, ALLOW, CONNECTION, HeaderValue, ORIGIN},
    http::request::Parts,
};

use super::{
    body::{self, Rejected},
    client_address::client_address,
    origin,
    response::{HttpResponse, as_event, empty, framed, invalid, is_json, plain, prefers_events},
    rmcp_service::Kept,
    sender::{Peer, Sender},
    service::Service,
    user_limits,
};

/// The path of the MCP endpoint.
pub const PATH: &str = "/mcp";

impl Service {
    /// Answers a request for the MCP endpoint, a health check or the protected resource metadata (RFC 9728).
    pub(super) async fn respond(&self, request: Request<Incoming>, peer: &Peer) -> HttpResponse {
        // The parts and the body are passed by reference from here on, because an async function copies its arguments.
        let (mut parts, mut body) = request.into_parts();
        match parts.uri.path() {
            PATH => self.respond_mcp(&mut parts, &mut body, peer).await,
            "/healthz" => plain(StatusCode::OK, "ok\n"),
            // `true` asks for a call that writes, which is refused more often than one that only reads.
            "/readyz" if self.endpoint.pipeline.audit.permits(true).is_err() => {
                plain(StatusCode::SERVICE_UNAVAILABLE, "the audit record can't be written\n")
            }
            "/readyz" if !self.endpoint.pipeline.controls.is_current() => {
                plain(StatusCode::SERVICE_UNAVAILABLE, "the control file is unreadable or was modified\n")
            }
            "/readyz" => plain(StatusCode::OK, "ready\n"),
            path => self
                .authentication
                .metadata(path)
                .unwrap_or_else(|| plain(StatusCode::NOT_FOUND, "not found: the MCP endpoint is /mcp\n")),
        }
    }

    async fn respond_mcp(&self, parts: &mut Parts, body: &mut Incoming, peer: &Peer) -> HttpResponse {
        if let Err(disallowed) = self.settings.origins.check(&parts.uri, &parts.headers) {
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

    /// Answers a request whose host and origin are allowed.
    async fn respond_allowed(&self, parts: &mut Parts, body: &mut Incoming, peer: &Peer) -> HttpResponse {
        // A preflight request is answered before authentication, because it has no token.
        if parts.method == Method::OPTIONS && parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            let mut response = empty(StatusCode::NO_CONTENT);
            origin::preflight(&parts.headers, response.headers_mut());
            return response;
        }
        let remote = client_address(peer.address, &parts.headers, &self.settings.proxies);
        let sender = match self.authentication.authenticate(&parts.uri, &mut parts.headers).await {
            Ok(identity) => Sender { peer, remote, identity },
            Err(denied) => {
                body::drain(&parts.headers, body).await;
                return self.authentication.refuse(&denied, &self.endpoint.pipeline, Some(remote));
            }
        };
        match parts.method {
            Method::POST => {}
            // GET opens the stream of a session, and DELETE ends a session.
            Method::GET if self.rmcp.has_sessions() => {
                let caller = self.caller(&sender, &parts.headers, None);
                let end = Some(self.stream_end(&sender, &caller));
                return match user_limits::count_stream(&self.endpoint.pipeline.shares, &caller, None) {
                    Ok(share) => {
                        let kept = Kept { share: Some(share), end, ..Kept::default() };
                        self.rmcp.forward(parts, Bytes::new(), &sender, caller, kept).await
                    }
                    Err(refused) => framed(refused),
                };
            }
            Method::DELETE if self.rmcp.has_sessions() => {
                let caller = self.caller(&sender, &parts.headers, None);
                return self.rmcp.forward(parts, Bytes::new(), &sender, caller, Kept::default()).await;
            }
            _ => {
                body::drain(&parts.headers, body).await;
                let allowed = if self.rmcp.has_sessions() { "GET, POST, DELETE" } else { "POST" };
                let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "POST one JSON-RPC message\n");
                response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
                return response;
            }
        }
        if !is_json(&parts.headers) {
            body::drain(&parts.headers, body).await;
            return invalid(415, "the Content-Type must be application/json");
        }
        let caller = || self.caller(&sender, &HeaderMap::new(), None);
        let body = match self.bodies.read(&parts.headers, body, caller).await {
            Ok(body) => body,
            Err(Rejected { status, message }) => {
                let mut response = invalid(status, &message);
                // The rest of the body may be unread, so no other request can follow it.
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                return response;
            }
        };
        self.dispatch(parts, body, &sender).await
    }
}
