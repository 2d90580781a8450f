//! The two compared servers: our listener, and rmcp's own service with the same tools.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use ::rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::tools;
use crate::ours::{AuthenticationLayer, Endpoint, HttpSettings, Origins, PATH, Protocol, Settings, serve};

/// Largest body that both servers accept, in bytes.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// Starts an application with the tools of [`tools`], for one of the two servers. Its audit records are discarded.
async fn endpoint() -> Arc<Endpoint> {
    let settings = Settings {
        // The caller lacks `differential:write`, which the tool `closed` needs.
        local_scopes: Some(vec!["differential:read".to_owned()]),
        // Base64 of 32 bytes, which encrypt cursors.
        seal_keys: vec!["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE".to_owned()],
        ..Settings::default()
    };
    Arc::new(settings.start(tools::server().into_application(), Box::new(std::io::sink())).await.unwrap())
}

/// Starts our listener, which serves until `stop` is cancelled, and returns its address.
pub(crate) async fn ours(stop: &CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let settings = HttpSettings {
        origins: Origins::new(&[], &[]).unwrap(),
        proxies: Vec::new(),
        max_body: MAX_BODY,
        max_connections: 16,
        sessions: None,
        session_idle: Duration::from_secs(60),
        grace: Duration::from_secs(1),
    };
    tokio::spawn(serve(endpoint().await, listener, settings, AuthenticationLayer::default(), stop.clone()));
    address
}

/// Starts rmcp's own service with our [`Protocol`] as its handler, and returns its address. The service ends with the
/// test's runtime.
pub(crate) async fn theirs() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // No request is authenticated, as on our listener.
    let is_guarded = false;
    let protocol = Protocol::new(endpoint().await, is_guarded);
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(MAX_BODY);
    let rmcp: StreamableHttpService<Protocol, NeverSessionManager> =
        StreamableHttpService::new(move || Ok(protocol.clone()), Arc::default(), config);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let rmcp = rmcp.clone();
            let handler = service_fn(move |request: Request<Incoming>| {
                let rmcp = rmcp.clone();
                async move {
                    if request.uri().path() == PATH {
                        return Ok::<_, Infallible>(rmcp.handle(request).await);
                    }
                    let mut not_found = Response::new(Default::default());
                    *not_found.status_mut() = StatusCode::NOT_FOUND;
                    Ok(not_found)
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), handler));
        }
    });
    address
}
