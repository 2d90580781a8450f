//! The authentication layer: TLS where it ends here, and the verification of tokens where callers need one.

use std::{io, net::IpAddr};

use hyper::{
    HeaderMap, StatusCode, Uri,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, HeaderName, HeaderValue,
        RETRY_AFTER, WWW_AUTHENTICATE,
    },
    http::Extensions,
};
use tokio::net::TcpStream;

use super::reply::{Answer, framed, whole};
use crate::{
    call::caller::Caller,
    control::Controls,
    pipeline::{CallOrigin, Dispatcher},
    ports::{Authenticated, Authentication, Authenticator, Denied, Stream, TlsAcceptor},
    transport::{
        answer::{self, Framed},
        fault::{ProtocolError, code},
    },
};

/// The way in for requests: TLS and authentication, each where it is configured.
#[derive(Debug, Default)]
pub struct AuthenticationLayer {
    /// Verifies tokens; without it every request comes from the local user.
    pub authenticator: Option<Box<dyn Authenticator>>,
    /// Ends TLS at this listener.
    pub tls: Option<Box<dyn TlsAcceptor>>,
}

/// An accepted connection.
pub(super) enum Connection {
    Plain(TcpStream),
    Encrypted(Box<dyn Stream>),
}

/// The identity of a request that passed authentication; `None` where none is configured.
#[derive(Debug, Default)]
pub(super) struct Identity(Option<Authenticated>);

impl Identity {
    /// Adds the identity to the extensions that rmcp hands back with the request.
    pub(super) fn insert_into(&self, extensions: &mut Extensions) {
        if let Some(authenticated) = &self.0 {
            extensions.insert(authenticated.clone());
        }
    }
}

impl AuthenticationLayer {
    /// Returns `true` where TLS ends at this listener.
    pub(super) fn ends_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Returns `true` where every request needs a token.
    pub(super) fn is_guarded(&self) -> bool {
        self.authenticator.is_some()
    }

    /// Refuses tokens from now on that an operator revoked.
    pub fn apply(&mut self, controls: &Controls) {
        if let Some(authenticator) = &mut self.authenticator {
            authenticator.apply(std::sync::Arc::new(controls.clone()));
        }
    }

    /// The host by which clients name this server, where it has a name.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        self.authenticator.as_ref().map(|authenticator| authenticator.host())
    }

    /// Authenticates a request, and removes the token from its headers.
    pub(super) async fn authenticate(&self, uri: &Uri, headers: &mut HeaderMap) -> Result<Identity, Denied> {
        let Some(authenticator) = &self.authenticator else { return Ok(Identity::default()) };
        let authenticated = match authenticator.authenticate(uri, headers) {
            Authentication::Ready(authenticated) => authenticated,
            Authentication::Pending(verification) => verification.await,
        };
        authenticated.map(|authenticated| Identity(Some(authenticated)))
    }

    /// Records a request that is not authenticated, and answers it.
    pub(super) fn refuse(&self, denied: &Denied, dispatcher: &Dispatcher, remote: Option<IpAddr>) -> Answer {
        dispatcher.record_unauthenticated(denied, remote);
        let code = match denied {
            Denied::Missing | Denied::Invalid(_) | Denied::Revoked(_) => code::UNAUTHENTICATED,
            Denied::Malformed(_) => code::INVALID_REQUEST,
            Denied::Unreachable => code::UNKNOWABLE,
        };
        let fault = ProtocolError::new(code, denied.message());
        let mut answer = framed(Framed { status: denied.status(), ..answer::fault(&fault) });
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self.authenticator.as_ref().and_then(|authenticator| authenticator.challenge(denied)) {
            Some(challenge) => insert(&mut answer, WWW_AUTHENTICATE, &challenge),
            None => drop(answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"))),
        }
        answer
    }

    /// The caller of a request; `None` where every caller is the local user.
    pub(super) fn caller(&self, identity: &Identity) -> Option<Caller> {
        self.authenticator.as_ref()?;
        Some(identity.0.as_ref().map_or_else(|| Caller::new("nobody"), |known| known.caller.clone()))
    }

    /// Caller, address and token of a call.
    pub(super) fn arrival(&self, identity: &Identity, caller: Caller, remote: IpAddr) -> CallOrigin {
        let token = identity.0.as_ref().map(|known| known.token.clone());
        CallOrigin { remote: Some(remote), token, ..caller.into() }
    }

    /// The answer to a refused call, with the challenge that names the scopes it needs.
    pub(super) fn challenged(&self, refused: Framed) -> Answer {
        let challenge = match (&self.authenticator, refused.wanted.as_deref()) {
            (Some(authenticator), Some(wanted)) => Some(authenticator.insufficient_scope(wanted)),
            _ => None,
        };
        let mut answer = framed(refused);
        if let Some(challenge) = challenge {
            insert(&mut answer, WWW_AUTHENTICATE, &challenge);
        }
        answer
    }

    /// The protected resource metadata, for one of its paths.
    pub(super) fn metadata(&self, path: &str) -> Option<Answer> {
        let document = self.authenticator.as_ref()?.metadata(path)?;
        let json = HeaderValue::from_static("application/json");
        let mut answer = whole(StatusCode::OK, json, document.to_owned().into());
        // Every page may read what every client may.
        answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        // Clients name their version of the protocol, for which a browser asks beforehand.
        answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*"));
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        Some(answer)
    }

    /// Completes the TLS handshake of a connection, where TLS ends here.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<Connection> {
        match &self.tls {
            Some(tls) => tls.accept(stream).await.map(Connection::Encrypted),
            None => Ok(Connection::Plain(stream)),
        }
    }
}

/// Adds a header, unless its value can't be one.
fn insert(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

/// Refuses addresses that a server without authorization or TLS must not listen on.
///
/// # Errors
/// The setting that is missing.
pub(super) fn may_listen(layer: &AuthenticationLayer, address: IpAddr, has_proxies: bool) -> io::Result<()> {
    let missing = match (address.is_loopback(), layer.is_guarded(), layer.ends_tls() || has_proxies) {
        (true, ..) | (false, true, true) => return Ok(()),
        (false, false, _) => {
            "without authorization a server listens on a loopback address only, such as 127.0.0.1:8080: set \
             oauth.issuers and oauth.resource"
        }
        (false, true, false) => {
            "tokens would cross the network in the clear: set http.tls_cert and http.tls_key, or name the proxy that \
             ends TLS by http.trusted_proxies"
        }
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, missing))
}
