//! TLS on the own listener, by a certificate and a key that are read again when they change.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
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

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What speaks TLS with clients.
#[derive(Clone)]
pub struct Tls {
    acceptor: tokio_rustls::TlsAcceptor,
}

impl Tls {
    /// Reads certificate chain and key, both PEM, and looks after them from now on.
    ///
    /// # Errors
    /// What is wrong with either.
    pub fn open(certificate: &Path, key: &Path) -> Result<Self, String> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned() };
        let stamps = files.stamps();
        let held = Arc::new(Held { current: ArcSwap::new(files.read(&provider)?) });
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("no TLS can be spoken: {error}"))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&held) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        tokio::spawn(look_after(files, stamps, Arc::downgrade(&held), provider));
        Ok(Tls { acceptor: tokio_rustls::TlsAcceptor::from(Arc::new(config)) })
    }
}

impl TlsAcceptor for Tls {
    fn accept(&self, stream: TcpStream) -> BoxFuture<'_, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            let stream = tokio::time::timeout(HANDSHAKE, self.acceptor.accept(stream)).await??;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}

/// The certificate that clients are shown.
struct Held {
    current: ArcSwap<CertifiedKey>,
}

impl ResolvesServerCert for Held {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a certificate and its key, not shown")
    }
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

type Stamp = Option<(SystemTime, u64)>;

impl Files {
    fn stamps(&self) -> [Stamp; 2] {
        [&self.certificate, &self.key].map(|path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        })
    }

    fn read(&self, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, String> {
        let Files { certificate, key } = self;
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(|chain| chain.collect::<Result<Vec<_>, _>>())
            .map_err(|error| format!("http.tls_cert: {}: {error}", certificate.display()))?;
        if chain.is_empty() {
            return Err(format!("http.tls_cert: {} holds no certificate in PEM", certificate.display()));
        }
        let private = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| format!("http.tls_key: {}: {error}", key.display()))?;
        CertifiedKey::from_der(chain, private, provider).map(Arc::new).map_err(|error| {
            format!("http.tls_key: {} isn't the key of {}: {error}", key.display(), certificate.display())
        })
    }
}

/// Reads the files again when they changed; what can't be used leaves the old ones in force.
async fn look_after(
    files: Files,
    mut seen: [Stamp; 2],
    held: std::sync::Weak<Held>,
    provider: Arc<CryptoProvider>,
) {
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(held) = held.upgrade() else { return };
        let stamps = files.stamps();
        if stamps == seen {
            continue;
        }
        match files.read(&provider) {
            Ok(certificate) => {
                held.current.store(certificate);
                tracing::info!("the TLS certificate was read again");
            }
            Err(reason) => {
                tracing::error!(reason, "the TLS certificate can't be read again: the old one stays");
            }
        }
        seen = stamps;
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TLS")
    }
}
