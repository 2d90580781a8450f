//! [`Service`], the state that all requests of an HTTP listener share.

use std::{net::IpAddr, sync::Arc};

use hyper::{HeaderMap, header::USER_AGENT};
use tokio_util::sync::CancellationToken;

use super::{
    authentication::AuthenticationLayer, body::BodyReader, in_flight::InFlight, rmcp_service::RmcpService,
    sender::Sender, settings::HttpSettings, stream_end::StreamEnd,
};
use crate::{call::caller::Caller, transport::endpoint::Endpoint};

/// Answers HTTP requests. The modules `route`, `dispatch` and `call` define most of its methods.
pub struct Service {
    /// The started server.
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) authentication: AuthenticationLayer,
    pub(super) settings: HttpSettings,
    pub(super) bodies: BodyReader,
    /// Requests of legacy clients (revisions up to 2025-11-25) that aren't answered yet.
    pub(super) in_flight: InFlight,
    /// Answers the requests that this crate leaves to rmcp, such as `initialize`.
    pub(super) rmcp: RmcpService,
    /// Ends event streams at shutdown.
    pub(super) end: CancellationToken,
}

impl Service {
    /// Returns the service. Cancelling `end` ends event streams, which would otherwise stay open at shutdown.
    pub fn new(
        endpoint: Arc<Endpoint>,
        settings: HttpSettings,
        authentication: AuthenticationLayer,
        end: &CancellationToken,
    ) -> Self {
        let rmcp = RmcpService::new(&endpoint, &settings, authentication.is_guarded(), end);
        let bodies = BodyReader::new(settings.max_body, &endpoint.pipeline.shares);
        let in_flight = InFlight::default();
        Service { endpoint, authentication, settings, bodies, in_flight, rmcp, end: end.clone() }
    }

    pub(super) fn authentication(&self) -> &AuthenticationLayer {
        &self.authentication
    }

    /// Returns `true` if `peer` is the address of a trusted proxy, or a loopback address. If proxies end TLS, the
    /// listener accepts connections only from these addresses.
    pub(super) fn is_proxy_or_local(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        peer.is_loopback() || self.settings.proxies.iter().any(|proxy| proxy.contains(peer))
    }

    /// Returns the end of an event stream that a request opens.
    pub(super) fn stream_end(&self, sender: &Sender<'_>, caller: &Caller) -> StreamEnd {
        StreamEnd {
            controls: self.endpoint.pipeline.controls.clone(),
            caller: caller.clone(),
            claims: sender.identity.claims(),
        }
    }

    /// Returns the caller of a request. Without authorization, this is the local user, labelled with the name in
    /// `client` (JSON text of `clientInfo`) or, if `client` is `None` or invalid, with the header `User-Agent`.
    pub(super) fn caller(&self, sender: &Sender<'_>, headers: &HeaderMap, client: Option<&str>) -> Caller {
        let local = || {
            let local_caller = &self.endpoint.local_caller;
            sender.peer.client_label.caller(local_caller, client, user_agent(headers))
        };
        self.authentication.caller(&sender.identity).unwrap_or_else(local)
    }
}

fn user_agent(headers: &HeaderMap) -> Option<&str> {
    headers.get(USER_AGENT)?.to_str().ok()
}
