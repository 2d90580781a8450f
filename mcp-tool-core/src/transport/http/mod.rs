//! HTTP/1.1: a listener of our own, so that a call is read once, from its own bytes.

mod authentication;
mod body;
mod connection;
mod full;
pub(super) mod headers;
mod listing;
mod mirror;
mod origin;
mod remote;
mod reply;
mod rest;
mod running;
mod service;
mod sessions;
mod sse;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

pub use authentication::AuthenticationLayer;
#[doc(hidden)]
pub use connection::requests;
use full::Full;
pub use origin::Origins;
#[doc(hidden)]
pub use service::Service;

use super::Endpoint;
use crate::network::Network;

/// How HTTP is served.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Hosts and origins that may be named.
    pub origins: Origins,
    /// Proxies that end TLS for this server, and say from where a request comes.
    pub proxies: Vec<Network>,
    /// Bytes of a request's body.
    pub max_body: usize,
    /// Connections at one time.
    pub max_connections: u32,
    /// Legacy sessions at one time; none are made where absent.
    pub sessions: Option<u32>,
    /// How long an idle session is kept.
    pub session_idle: Duration,
    /// How long calls in flight may take to finish after a signal.
    pub grace: Duration,
}

/// How long the answers of the last calls may take from rmcp to their streams.
const FLUSH: Duration = Duration::from_millis(100);

/// The path of the MCP endpoint.
pub const PATH: &str = "/mcp";

/// Serves until `stop` is cancelled, then lets the calls in flight finish; gives whether they did.
pub async fn serve(
    endpoint: Arc<Endpoint>,
    listener: TcpListener,
    settings: HttpSettings,
    authentication: AuthenticationLayer,
    stop: CancellationToken,
) -> bool {
    let free = Arc::new(Semaphore::new(settings.max_connections as usize));
    let mut full = Full::new(settings.max_connections);
    let grace = settings.grace;
    let end = CancellationToken::new();
    // Without TLS of its own, a server that isn't alone on its machine hears its proxies and nobody else.
    let only_proxies = !authentication.ends_tls() && !settings.proxies.is_empty();
    let service = Arc::new(Service::new(Arc::clone(&endpoint), settings, authentication, &end));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener) => accepted,
            Some(_) = connections.join_next() => continue,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((_, peer)) if only_proxies && !service.hears(peer.ip()) => {
                tracing::warn!(%peer, "a connection past the proxy isn't heard");
            }
            Ok((stream, peer)) => {
                let Ok(place) = Arc::clone(&free).try_acquire_owned() else {
                    full.turn_away(stream, !service.authentication().ends_tls(), &mut connections);
                    continue;
                };
                let (service, stop) = (Arc::clone(&service), stop.clone());
                connections.spawn(async move {
                    match service.authentication().accept(stream).await {
                        Ok(opened) => connection::serve(opened, peer.ip(), service, stop).await,
                        Err(error) => tracing::debug!(%peer, %error, "a connection could not be opened"),
                    }
                    drop(place);
                });
            }
            Err(error) => {
                // Out of descriptors, mostly: what is open has to end first.
                tracing::error!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    let finished = async {
        // Streams that rmcp keeps open have no end of their own; the calls on them have.
        endpoint.dispatcher.concurrency.idle().await;
        tokio::time::sleep(FLUSH).await;
        end.cancel();
        while connections.join_next().await.is_some() {}
    };
    let finished = tokio::time::timeout(grace, finished).await.is_ok();
    if !finished {
        tracing::warn!("calls were still running after {grace:?} and are given up");
        endpoint.tasks.end().await;
        connections.shutdown().await;
    }
    finished
}

async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, peer) = listener.accept().await?;
    // Without it an answer in two writes waits for the client's delayed acknowledgement, 40 ms.
    stream.set_nodelay(true)?;
    Ok((stream, peer))
}

/// Listens, where that address may be reached.
///
/// # Errors
/// Where it may not, or can't be bound.
pub async fn bind(
    address: SocketAddr,
    authentication: &AuthenticationLayer,
    settings: &HttpSettings,
) -> io::Result<TcpListener> {
    authentication::may_listen(authentication, address.ip(), !settings.proxies.is_empty())?;
    TcpListener::bind(address).await
}
