//! TLS on the server's HTTP listener. The files of the certificate and the key are read again when they change.

use std::{fmt, io, path::Path, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use mcp_tool_core::{
    file_state::FileState,
    ports::{Stream, TlsAcceptor},
};
use tokio::net::TcpStream;
use tokio_rustls::rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::tls_files::TlsFiles;

/// Interval at which the files are checked for changes.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// Time limit of a TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// TLS acceptor of the listener.
#[derive(Clone)]
pub struct Tls {
    acceptor: tokio_rustls::TlsAcceptor,
}

impl Tls {
    /// Reads the certificate chain and its key, both in PEM, and starts a thread that checks the two files for changes.
    ///
    /// # Errors
    /// An invalid or unreadable file, a key that doesn't belong to the certificate, or a thread that can't be started.
    pub fn open(certificate: &Path, key: &Path) -> Result<Self, String> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let files = TlsFiles { certificate: certificate.to_owned(), key: key.to_owned() };
        // Before the files are read, so that a change during the reading is found later.
        let states = files.states();
        let certificate = Arc::new(CurrentCertificate { current: ArcSwap::new(files.read(&provider)?) });
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS isn't available: {error}"))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificate) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let watched = Arc::downgrade(&certificate);
        // A separate thread, because reading from a network mount may hang, and no call may wait for that.
        std::thread::Builder::new()
            .name("tls".into())
            .spawn(move || watch(&files, states, &watched, &provider))
            .map_err(|error| {
                format!("the thread that watches the TLS certificate can't be started: {error}")
            })?;
        Ok(Tls { acceptor: tokio_rustls::TlsAcceptor::from(Arc::new(config)) })
    }
}

impl TlsAcceptor for Tls {
    fn accept(&self, stream: TcpStream) -> BoxFuture<'_, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            let stream = tokio::time::timeout(HANDSHAKE_TIMEOUT, self.acceptor.accept(stream)).await??;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}

/// Certificate chain and key that new handshakes use. [`watch`] replaces them.
struct CurrentCertificate {
    current: ArcSwap<CertifiedKey>,
}

impl ResolvesServerCert for CurrentCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

impl fmt::Debug for CurrentCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a certificate and its key, not shown")
    }
}

/// Reads both files again when one of them differs from `seen`. If the new files are invalid, the current certificate
/// stays in use until the next change. Ends after [`Tls`], its clones and its connections were dropped.
fn watch(
    files: &TlsFiles,
    mut seen: [Option<FileState>; 2],
    current: &std::sync::Weak<CurrentCertificate>,
    provider: &CryptoProvider,
) {
    loop {
        std::thread::sleep(CHECK_INTERVAL);
        let Some(current) = current.upgrade() else { return };
        let states = files.states();
        if states == seen {
            continue;
        }
        match files.read(provider) {
            Ok(certificate) => {
                current.current.store(certificate);
                tracing::info!("the TLS certificate was reloaded");
            }
            Err(reason) => {
                tracing::error!(reason, "the TLS certificate can't be reloaded: keeping the old one");
            }
        }
        seen = states;
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TLS")
    }
}
