//! The HTTP listener: accepts connections until shutdown, and then waits for calls in flight.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{
    authentication::{self, AcceptedStream, AuthenticationLayer},
    connection, outsiders,
    overload::Overload,
    service::Service,
    settings::HttpSettings,
};
use crate::{address_shares::AddressShares, log_limit::LogLimit, transport::endpoint::Endpoint};

/// Time for rmcp to write the last answers to its streams, before the streams are ended.
const FLUSH: Duration = Duration::from_millis(100);
/// Pause after a connection could not be accepted.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Serves until `stop` is cancelled, then waits up to `settings.grace` for calls in flight. Cancels the calls and tasks
/// that are still running after that.
///
/// Returns `true` if all calls in flight finished in time.
// Boxed, so that the server is compiled in this crate and not in each crate that awaits it.
pub fn serve(
    endpoint: Arc<Endpoint>,
    listener: TcpListener,
    settings: HttpSettings,
    authentication: AuthenticationLayer,
    stop: CancellationToken,
) -> BoxFuture<'static, bool> {
    Box::pin(serve_connections(endpoint, listener, settings, authentication, stop))
}

async fn serve_connections(
    endpoint: Arc<Endpoint>,
    listener: TcpListener,
    settings: HttpSettings,
    authentication: AuthenticationLayer,
    stop: CancellationToken,
) -> bool {
    let free_connections = Arc::new(Semaphore::new(settings.max_connections as usize));
    let share = endpoint.pipeline.shares.of(settings.max_connections) as usize;
    let of_addresses = AddressShares::new(settings.max_connections as usize, share);
    let mut overload = Overload::new(settings.max_connections);
    let grace = settings.grace;
    let end = CancellationToken::new();
    let service = Arc::new(Service::new(Arc::clone(&endpoint), settings, authentication, &end));
    let mut connections = JoinSet::new();
    let (mut refused, mut failed) = (LogLimit::default(), LogLimit::default());
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener) => accepted,
            Some(_) = connections.join_next() => continue,
            more = refused.left_out() => {
                tracing::warn!(more, "closed connections that don't come from a trusted proxy");
                continue;
            }
            more = failed.left_out() => {
                tracing::error!(more, "connections could not be accepted");
                continue;
            }
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) if service.is_outsider(peer.ip()) => {
                if let Some(permit) = service.outsiders.permit(peer.ip()) {
                    let (service, stop) = (Arc::clone(&service), stop.clone());
                    connections.spawn(async move {
                        let accepted = AcceptedStream::Plain(stream);
                        let serving = connection::serve_requests(accepted, peer.ip(), service, stop);
                        drop(tokio::time::timeout(outsiders::MAX_TIME, serving).await);
                        drop(permit);
                    });
                } else if refused.count() {
                    // The connection is closed without an answer.
                    tracing::warn!(%peer, "closed a connection that doesn't come from a trusted proxy: too many are open");
                }
            }
            Ok((stream, peer)) => {
                let permit = Arc::clone(&free_connections).try_acquire_owned().ok();
                // A proxy speaks for many clients, and a process on this machine may be a proxy.
                let of_address = match service.speaks_for_many(peer.ip()) {
                    true => Some(None),
                    false => of_addresses.permit(peer.ip()).map(Some),
                };
                let Some(permits) = permit.zip(of_address) else {
                    overload.refuse(stream, !service.authentication().ends_tls(), &mut connections);
                    continue;
                };
                let (service, stop) = (Arc::clone(&service), stop.clone());
                connections.spawn(async move {
                    match service.authentication().accept(stream).await {
                        Ok(accepted) => connection::serve_requests(accepted, peer.ip(), service, stop).await,
                        Err(error) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
                    }
                    drop(permits);
                });
            }
            Err(error) => {
                // Usually the process has no free file descriptors until other connections end.
                if failed.count() {
                    tracing::error!(%error, "a connection could not be accepted");
                }
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
    drop(listener);
    let finished = async {
        // rmcp's streams stay open after their calls have finished, until `end` is cancelled.
        endpoint.pipeline.concurrency.idle().await;
        tokio::time::sleep(FLUSH).await;
        end.cancel();
        while connections.join_next().await.is_some() {}
    };
    let finished = tokio::time::timeout(grace, finished).await.is_ok();
    if !finished {
        tracing::warn!("calls still running after {grace:?} are cancelled");
        endpoint.tasks.cancel_all().await;
        connections.shutdown().await;
    }
    finished
}

async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, peer) = listener.accept().await?;
    // Without `TCP_NODELAY`, the second write of an answer waits up to 40 ms for the client's delayed acknowledgement.
    stream.set_nodelay(true)?;
    Ok((stream, peer))
}

/// Binds a listener to `address`.
///
/// # Errors
/// - The address can't be bound.
/// - The address isn't a loopback address, and the server has no authorization, or neither TLS nor a proxy that ends
///   TLS.
pub async fn bind(
    address: SocketAddr,
    authentication: &AuthenticationLayer,
    settings: &HttpSettings,
) -> io::Result<TcpListener> {
    authentication::check_address(authentication, address.ip(), !settings.proxies.is_empty())?;
    TcpListener::bind(address).await
}
