//! HTTP/1.1: a listener of our own, so that a call is read once, from its own bytes.

#[cfg(feature = "oauth")]
mod authorization;
mod body;
mod connection;
mod headers;
mod origin;
mod running;
mod service;
mod sessions;
mod sse;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

#[cfg(feature = "oauth")]
pub(crate) use authorization::Guard;
pub(crate) use origin::Origins;
use service::Service;

use super::Endpoint;

/// How HTTP is served.
#[derive(Clone, Debug)]
pub(crate) struct HttpSettings {
    /// Hosts and origins that may be named.
    pub(crate) origins: Origins,
    /// Bytes of a request's body.
    pub(crate) max_body: usize,
    /// Connections at one time.
    pub(crate) max_connections: u32,
    /// Legacy sessions at one time; none are made where absent.
    pub(crate) sessions: Option<u32>,
    /// How long an idle session is kept.
    pub(crate) session_idle: Duration,
    /// How long calls in flight may take to finish after a signal.
    pub(crate) grace: Duration,
}

/// How long the answers of the last calls may take from rmcp to their streams.
const FLUSH: Duration = Duration::from_millis(100);

/// The path of the MCP endpoint.
pub(crate) const PATH: &str = "/mcp";

/// Serves until `stop` is cancelled, then lets the calls in flight finish; gives whether they did.
pub(crate) async fn serve(
    endpoint: Arc<Endpoint>,
    listener: TcpListener,
    settings: HttpSettings,
    #[cfg(feature = "oauth")] guard: Option<Guard>,
    stop: CancellationToken,
) -> bool {
    let free = Arc::new(Semaphore::new(settings.max_connections as usize));
    let grace = settings.grace;
    let end = CancellationToken::new();
    let service = Service::new(
        Arc::clone(&endpoint),
        settings,
        #[cfg(feature = "oauth")]
        guard,
        &end,
    );
    let service = Arc::new(service);
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &free) => accepted,
            Some(_) = connections.join_next() => continue,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, permit)) => {
                let connection = connection::serve(stream, Arc::clone(&service), stop.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(permit);
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
        connections.shutdown().await;
    }
    finished
}

async fn accept(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> io::Result<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(free).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // Without it an answer in two writes waits for the client's delayed acknowledgement, 40 ms.
    stream.set_nodelay(true)?;
    Ok((stream, permit))
}

/// Listens on a loopback address. While no authorization is configured, no other address is bound.
///
/// # Errors
/// Where the address can be reached from elsewhere, or can't be bound.
pub(crate) async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    if !address.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "without authorization a server listens on a loopback address only, such as 127.0.0.1:8080",
        ));
    }
    TcpListener::bind(address).await
}
