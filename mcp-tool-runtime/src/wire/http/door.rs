//! The way in: TLS where it ends here, and the guard where callers need a token. A server that was built without
//! authorization has neither, and says so here alone.

use std::{io, net::IpAddr};

use hyper::{HeaderMap, Uri, http::Extensions};
use tokio::net::TcpStream;
#[cfg(feature = "oauth")]
use tokio_rustls::server::TlsStream;

use super::reply::{Answer, framed};
#[cfg(feature = "oauth")]
use super::{authorization::Guard, tls::Tls};
#[cfg(feature = "oauth")]
use crate::identity::{Authenticated, challenge::Denied};
use crate::{
    control::Controls,
    dispatch::{Arrival, Dispatcher},
    identity::Caller,
    wire::answer::Framed,
};

/// How requests come in.
#[derive(Debug, Default)]
pub(crate) struct Door {
    #[cfg(feature = "oauth")]
    pub(crate) guard: Option<Guard>,
    #[cfg(feature = "oauth")]
    pub(crate) tls: Option<Tls>,
}

/// A connection that may be heard.
pub(super) enum Opened {
    Plain(TcpStream),
    #[cfg(feature = "oauth")]
    Encrypted(Box<TlsStream<TcpStream>>),
}

/// A request that was let in, and by what.
#[derive(Debug, Default)]
pub(super) struct Entered {
    #[cfg(feature = "oauth")]
    authenticated: Option<Authenticated>,
}

impl Entered {
    /// For rmcp, which hands it back with what it read of the request.
    pub(super) fn lay_beside(&self, extensions: &mut Extensions) {
        #[cfg(feature = "oauth")]
        if let Some(authenticated) = &self.authenticated {
            extensions.insert(authenticated.clone());
        }
        #[cfg(not(feature = "oauth"))]
        let _ = extensions;
    }
}

/// A request that isn't let in.
#[derive(Debug)]
pub(super) struct Unknown {
    #[cfg(feature = "oauth")]
    pub(super) denied: Denied,
}

#[cfg(feature = "oauth")]
impl Door {
    /// Whether TLS ends here.
    pub(super) fn ends_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether nobody comes in without a token.
    pub(super) fn is_guarded(&self) -> bool {
        self.guard.is_some()
    }

    /// Takes no token from now on that those orders revoked.
    pub(crate) fn heed(&mut self, controls: &Controls) {
        if let Some(guard) = &mut self.guard {
            guard.heed(controls);
        }
    }

    /// The host by which clients name this server, where it has a name.
    pub(crate) fn host(&self) -> Option<String> {
        self.guard.as_ref().map(Guard::host)
    }

    /// Finds out who sends a request. The token goes out of its headers.
    pub(super) async fn admit(&self, uri: &Uri, headers: &mut HeaderMap) -> Result<Entered, Unknown> {
        let Some(guard) = &self.guard else { return Ok(Entered::default()) };
        match guard.admit(uri, headers).await {
            Ok(authenticated) => Ok(Entered { authenticated: Some(authenticated) }),
            Err(denied) => Err(Unknown { denied }),
        }
    }

    /// What a request is answered that isn't let in, and the record of it.
    pub(super) fn refuse(
        &self,
        Unknown { denied }: &Unknown,
        dispatcher: &Dispatcher,
        remote: Option<IpAddr>,
    ) -> Option<Answer> {
        dispatcher.unauthenticated(denied, remote);
        self.guard.as_ref().map(|guard| guard.refuse(denied))
    }

    /// Whom a request speaks for; `None` where anybody is the local user.
    pub(super) fn caller(&self, entered: &Entered) -> Option<Caller> {
        self.guard.as_ref()?;
        let authenticated = entered.authenticated.as_ref();
        Some(authenticated.map_or_else(|| Caller::new("nobody"), |who| who.verified.caller.clone()))
    }

    /// Who calls, from where, and by what.
    pub(super) fn arrival(&self, entered: &Entered, caller: Caller, remote: IpAddr) -> Arrival {
        let token = entered.authenticated.as_ref().map(|who| who.token.clone());
        Arrival { remote: Some(remote), token, ..caller.into() }
    }

    /// The answer to a refused call, with its challenge.
    pub(super) fn challenged(&self, refused: Framed) -> Answer {
        match &self.guard {
            Some(guard) => guard.challenged(refused),
            None => framed(refused),
        }
    }

    /// The metadata of this resource, if that path is one of its places.
    pub(super) fn metadata(&self, path: &str) -> Option<Answer> {
        self.guard.as_ref()?.metadata(path)
    }

    /// Opens a connection, by TLS or without.
    pub(super) async fn open(&self, stream: TcpStream) -> io::Result<Opened> {
        match &self.tls {
            Some(tls) => Ok(Opened::Encrypted(Box::new(tls.accept(stream).await?))),
            None => Ok(Opened::Plain(stream)),
        }
    }
}

#[cfg(not(feature = "oauth"))]
impl Door {
    pub(super) fn ends_tls(&self) -> bool {
        false
    }

    pub(super) fn is_guarded(&self) -> bool {
        false
    }

    pub(crate) fn heed(&mut self, _: &Controls) {}

    pub(crate) fn host(&self) -> Option<String> {
        None
    }

    pub(super) async fn admit(&self, _: &Uri, _: &mut HeaderMap) -> Result<Entered, Unknown> {
        Ok(Entered::default())
    }

    pub(super) fn refuse(&self, _: &Unknown, _: &Dispatcher, _: Option<IpAddr>) -> Option<Answer> {
        None
    }

    pub(super) fn caller(&self, _: &Entered) -> Option<Caller> {
        None
    }

    pub(super) fn arrival(&self, _: &Entered, caller: Caller, remote: IpAddr) -> Arrival {
        Arrival { remote: Some(remote), ..caller.into() }
    }

    pub(super) fn challenged(&self, refused: Framed) -> Answer {
        framed(refused)
    }

    pub(super) fn metadata(&self, _: &str) -> Option<Answer> {
        None
    }

    pub(super) async fn open(&self, stream: TcpStream) -> io::Result<Opened> {
        Ok(Opened::Plain(stream))
    }
}

/// Whether a listener may be reached at that address.
///
/// # Errors
/// What is missing.
pub(super) fn may_listen(door: &Door, address: IpAddr, has_proxies: bool) -> io::Result<()> {
    let missing = match (address.is_loopback(), door.is_guarded(), door.ends_tls() || has_proxies) {
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
