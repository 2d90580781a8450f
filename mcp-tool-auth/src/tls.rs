//! TLS on the server's HTTP listener. The files of the certificate and the key are read again when they change.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use mcp_tool_core::ports::{Stream, TlsAcceptor};
use tokio::net::TcpStream;
use tokio_rustls::rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::file_state::FileState;

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
    /// Reads the certificate chain and its key, both in PEM, and spawns a task that checks the two files for changes.
    ///
    /// # Errors
    /// An invalid or unreadable file, or a key that doesn't belong to the certificate.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn open(certificate: &Path, key: &Path) -> Result<Self, String> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned() };
        // Before the files are read, so that a change during the reading is found later.
        let states = files.states();
        let certificate = Arc::new(CurrentCertificate { current: ArcSwap::new(files.read(&provider)?) });
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS isn't available: {error}"))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificate) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        tokio::spawn(watch(files, states, Arc::downgrade(&certificate), provider));
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

/// Files of the certificate chain and its key.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    /// Returns the state of each file; `None` if it can't be read.
    fn states(&self) -> [Option<FileState>; 2] {
        [&self.certificate, &self.key].map(|path| FileState::of(path).ok())
    }

    fn read(&self, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, String> {
        let Files { certificate, key } = self;
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(|chain| chain.collect::<Result<Vec<_>, _>>())
            .map_err(|error| format!("http.tls_cert: {}: {error}", certificate.display()))?;
        if chain.is_empty() {
            return Err(format!("http.tls_cert: {} contains no PEM certificate", certificate.display()));
        }
        let private = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| format!("http.tls_key: {}: {error}", key.display()))?;
        CertifiedKey::from_der(chain, private, provider).map(Arc::new).map_err(|error| {
            format!("http.tls_key: {} must be the key of {}: {error}", key.display(), certificate.display())
        })
    }
}

/// Reads both files again when one of them differs from `seen`. If the new files are invalid, the current certificate
/// stays in use until the next change. Ends after [`Tls`], its clones and its connections were dropped.
async fn watch(
    files: Files,
    mut seen: [Option<FileState>; 2],
    current: std::sync::Weak<CurrentCertificate>,
    provider: Arc<CryptoProvider>,
) {
    loop {
        tokio::time::sleep(CHECK_INTERVAL).await;
        let Some(current) = current.upgrade() else { return };
        let states = files.states();
        if states == seen {
            continue;
        }
        match files.read(&provider) {
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
