//! The authentication layer of the HTTP listener, which ends TLS and authenticates requests by their tokens.

use std::{
    io,
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use hyper::{
    HeaderMap, StatusCode, Uri,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, HeaderName, HeaderValue,
        RETRY_AFTER, WWW_AUTHENTICATE,
    },
    http::Extensions,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::response::{HttpResponse, framed, whole};
use crate::{
    call::{caller::Caller, origin::CallOrigin},
    control::Controls,
    pipeline::Pipeline,
    ports::{Authenticated, Authentication, Authenticator, Denied, Stream, TlsAcceptor, TokenClaims},
    transport::{
        protocol_error::{ProtocolError, code},
        response::FramedResponse,
    },
};

/// Ends TLS if `tls` is set, and authenticates requests if `authenticator` is set.
#[derive(Debug, Default)]
pub struct AuthenticationLayer {
    /// Verifies tokens. If `None`, the local user is the caller of every request.
    pub authenticator: Option<Box<dyn Authenticator>>,
    /// Performs TLS handshakes. If `None`, the listener serves plain HTTP.
    pub tls: Option<Box<dyn TlsAcceptor>>,
}

/// An accepted connection. One type for plain and encrypted connections, so that hyper is compiled only once.
pub(super) enum AcceptedStream {
    Plain(TcpStream),
    Encrypted(Box<dyn Stream>),
}

impl AsyncRead for AcceptedStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            AcceptedStream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            AcceptedStream::Encrypted(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for AcceptedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            AcceptedStream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            AcceptedStream::Encrypted(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            AcceptedStream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            AcceptedStream::Encrypted(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            AcceptedStream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            AcceptedStream::Encrypted(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// The verified caller and token of a request that passed authentication. Contains `None` if there is no authenticator.
#[derive(Debug, Default)]
pub(super) struct Identity(Option<Authenticated>);

impl Identity {
    /// Returns the claims of the token; `None` without an authenticator.
    pub(super) fn claims(&self) -> Option<Arc<dyn TokenClaims>> {
        self.0.as_ref().map(|authenticated| Arc::clone(&authenticated.claims))
    }

    /// Adds the identity to a request's extensions, for the code that rmcp calls.
    pub(super) fn insert_into(&self, extensions: &mut Extensions) {
        if let Some(authenticated) = &self.0 {
            extensions.insert(authenticated.clone());
        }
    }
}

impl AuthenticationLayer {
    /// Returns `true` if TLS ends at this listener.
    pub(super) fn ends_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Returns `true` if every MCP request needs a token.
    pub(super) fn is_guarded(&self) -> bool {
        self.authenticator.is_some()
    }

    /// Makes the authenticator refuse the tokens that are revoked according to `controls`.
    pub fn apply(&mut self, controls: &Controls) {
        if let Some(authenticator) = &mut self.authenticator {
            authenticator.apply(Arc::new(controls.clone()));
        }
    }

    /// Returns `host[:port]` of the protected resource's URL; `None` without an authenticator.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        self.authenticator.as_ref().map(|authenticator| authenticator.host())
    }

    /// Authenticates a request, and removes the token from `headers`. `remote` is the
    /// address of the client. Without an authenticator, accepts every request.
    pub(super) async fn authenticate(
        &self,
        uri: &Uri,
        headers: &mut HeaderMap,
        remote: IpAddr,
    ) -> Result<Identity, Denied> {
        let Some(authenticator) = &self.authenticator else { return Ok(Identity::default()) };
        let authenticated = match authenticator.authenticate(uri, headers, remote) {
            Authentication::Ready(authenticated) => authenticated,
            Authentication::Pending(verification) => verification.await,
        };
        authenticated.map(|authenticated| Identity(Some(authenticated)))
    }

    /// Records an unauthenticated request, and returns the response to it.
    pub(super) fn refuse(
        &self,
        denied: &Denied,
        pipeline: &Pipeline,
        remote: Option<IpAddr>,
    ) -> HttpResponse {
        pipeline.record_unauthenticated(denied, remote);
        let code = match denied {
            Denied::Missing | Denied::Invalid(_) | Denied::Revoked(_) => code::UNAUTHENTICATED,
            Denied::Malformed(_) => code::INVALID_REQUEST,
            Denied::Unreachable | Denied::UnknownKey { .. } => code::UNVERIFIABLE,
        };
        let error = ProtocolError::new(code, denied.message());
        let error = FramedResponse { status: denied.status(), ..FramedResponse::protocol_error(&error) };
        let mut response = framed(error);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) =
            self.authenticator.as_ref().and_then(|authenticator| authenticator.challenge(denied))
        {
            insert(&mut response, WWW_AUTHENTICATE, &challenge);
        }
        if let Some(seconds) = denied.retry_after() {
            insert(&mut response, RETRY_AFTER, &seconds.to_string());
        }
        response
    }

    /// Returns the authenticated caller of a request; `None` without an authenticator.
    pub(super) fn caller(&self, identity: &Identity) -> Option<Caller> {
        self.authenticator.as_ref()?;
        // An authenticated request always has a caller. The fallback has no scopes, so that it is safe.
        Some(
            identity
                .0
                .as_ref()
                .map_or_else(|| Caller::new("nobody"), |authenticated| authenticated.caller.clone()),
        )
    }

    /// Returns the origin of a call: its caller, address and token.
    pub(super) fn origin(&self, identity: &Identity, caller: Caller, remote: IpAddr) -> CallOrigin {
        let token = identity.0.as_ref().map(|authenticated| authenticated.token.clone());
        CallOrigin { remote: Some(remote), token, ..caller.into() }
    }

    /// Returns the response to a refused call. If the caller lacks a scope, the response has a challenge with the
    /// scopes to request.
    pub fn challenged(&self, refused: FramedResponse) -> HttpResponse {
        let challenge = match (&self.authenticator, refused.required_scopes.as_deref()) {
            (Some(authenticator), Some(scopes)) => Some(authenticator.insufficient_scope(scopes)),
            _ => None,
        };
        let mut response = framed(refused);
        if let Some(challenge) = challenge {
            insert(&mut response, WWW_AUTHENTICATE, &challenge);
        }
        response
    }

    /// Returns the response with the protected resource metadata (RFC 9728). `None` without an authenticator, or if
    /// `path` isn't a path of the metadata.
    pub(super) fn metadata(&self, path: &str) -> Option<HttpResponse> {
        let document = self.authenticator.as_ref()?.metadata(path)?;
        let json = HeaderValue::from_static("application/json");
        let mut response = whole(StatusCode::OK, json, document.to_owned().into());
        // Web pages of every origin may read the document, because it is public.
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        // Clients send the header MCP-Protocol-Version. A browser first sends a preflight request, which asks if this
        // header is allowed and gets this response too.
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*"));
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        Some(response)
    }

    /// Performs the TLS handshake of a connection. Without TLS, returns the plain connection.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<AcceptedStream> {
        match &self.tls {
            Some(tls) => tls.accept(stream).await.map(AcceptedStream::Encrypted),
            None => Ok(AcceptedStream::Plain(stream)),
        }
    }
}

/// Sets a header. Does nothing if `value` is not a valid header value.
fn insert(response: &mut HttpResponse, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Checks that a server with these settings may listen on `address`. Any server may listen on a loopback address.
/// `has_proxies` is `true` if trusted proxies are configured, which end TLS.
///
/// # Errors
/// `address` isn't a loopback address, and the server has no authorization, or neither TLS nor a proxy that ends TLS.
/// The error names the missing settings.
pub(super) fn check_address(
    layer: &AuthenticationLayer,
    address: IpAddr,
    has_proxies: bool,
) -> io::Result<()> {
    let missing = match (address.is_loopback(), layer.is_guarded(), layer.ends_tls() || has_proxies) {
        (true, ..) | (false, true, true) => return Ok(()),
        (false, false, _) => {
            "without authorization a server may listen on a loopback address only, such as 127.0.0.1:8080: set \
             oauth.issuers and oauth.resource"
        }
        (false, true, false) => {
            "tokens would cross the network unencrypted: set http.tls_cert and http.tls_key, or name the proxy that \
             ends TLS in http.trusted_proxies"
        }
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, missing))
}
