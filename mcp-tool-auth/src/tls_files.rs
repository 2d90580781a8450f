//! The files of the listener's certificate and key, and the errors for files with other content.

use std::{
    io,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use mcp_tool_core::{file_state::FileState, redaction::shown_path, regular_file};
use tokio_rustls::rustls::{
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::CertifiedKey,
};

/// Maximum size of a file with a certificate chain or a key, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// Files of the certificate chain and its key.
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl TlsFiles {
    /// Returns the state of each file; `None` if it can't be read.
    pub(crate) fn states(&self) -> [Option<FileState>; 2] {
        [&self.certificate, &self.key].map(|path| FileState::of(path).ok())
    }

    /// Reads both files.
    ///
    /// # Errors
    /// An invalid or unreadable file, or a key that doesn't belong to the certificate. The error is one line, and says
    /// what to do. It contains no text of the files.
    pub(crate) fn read(&self, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, String> {
        let TlsFiles { certificate, key } = self;
        let wrong_certificate =
            |reason: String| format!("http.tls_cert: {}: {reason}", certificate.display());
        let wrong_key = |reason: String| format!("http.tls_key: {}: {reason}", shown_path(key));
        let text = read_file(certificate).map_err(|error| wrong_certificate(error.to_string()))?;
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
            .collect::<Result<_, _>>()
            .map_err(|error| wrong_certificate(format!("is invalid PEM: {error}")))?;
        if chain.is_empty() {
            let found = PemContent::of(&text);
            return Err(wrong_certificate(format!(
                "must be a PEM certificate chain, and {}",
                found.as_certificate(certificate)
            )));
        }
        let text = read_file(key).map_err(|error| wrong_key(error.to_string()))?;
        let private = PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
            let found = PemContent::of(&text);
            wrong_key(format!("must be an unencrypted PEM key, and {}", found.as_key(key)))
        })?;
        CertifiedKey::from_der(chain, private, provider).map(Arc::new).map_err(|error| {
            wrong_key(format!(
                "must be the key of the first certificate in {}: {error}",
                certificate.display()
            ))
        })
    }
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    regular_file::read(path)?.take(MAX_FILE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Content of a file that should have been a certificate or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PemContent {
    Empty,
    Certificate,
    /// Request for a certificate (CSR).
    Request,
    Key,
    EncryptedKey,
    PublicKey,
    /// Key in the format of OpenSSH.
    SshKey,
    /// Binary data that begins like DER, such as a certificate, a key, or a PKCS #12 file.
    Der,
    Other,
}

impl PemContent {
    fn of(bytes: &[u8]) -> Self {
        if bytes.trim_ascii().is_empty() {
            return PemContent::Empty;
        }
        // The tag of a SEQUENCE and a length.
        if matches!(bytes, [0x30, 0x80..=0x84, ..]) {
            return PemContent::Der;
        }
        let text = String::from_utf8_lossy(bytes);
        let has = |label: &str| text.contains(&format!("-----BEGIN {label}-----"));
        // In the format that OpenSSL wrote before PKCS #8, only this header shows that the key is encrypted.
        if has("ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
            PemContent::EncryptedKey
        } else if has("OPENSSH PRIVATE KEY") {
            PemContent::SshKey
        } else if ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"].into_iter().any(has) {
            PemContent::Key
        } else if has("CERTIFICATE") || has("TRUSTED CERTIFICATE") {
            PemContent::Certificate
        } else if has("CERTIFICATE REQUEST") || has("NEW CERTIFICATE REQUEST") {
            PemContent::Request
        } else if has("PUBLIC KEY") || has("RSA PUBLIC KEY") {
            PemContent::PublicKey
        } else {
            PemContent::Other
        }
    }

    /// Describes the content of the file of the key, as a continuation of "and".
    fn as_key(self, path: &Path) -> String {
        let path = path.display();
        match self {
            PemContent::Empty => "is empty".into(),
            PemContent::EncryptedKey => format!(
                "is encrypted: decrypt it by `umask 077; openssl pkey -in {path} -out KEY`, and name KEY in http.tls_key"
            ),
            PemContent::Certificate => {
                "contains a certificate: name the certificate in http.tls_cert, and its key here".into()
            }
            PemContent::Request => {
                "contains a certificate request: name the key that made the request".into()
            }
            PemContent::PublicKey => "contains a public key: name the private key".into(),
            PemContent::SshKey => {
                format!("is a key of OpenSSH: convert a copy of it by `ssh-keygen -p -m PKCS8 -f {path}`")
            }
            PemContent::Der => format!(
                "is binary (DER): convert it by `umask 077; openssl pkey -inform DER -in {path} -out KEY`, and name KEY \
                 in http.tls_key"
            ),
            PemContent::Key => "the key is damaged, or of a kind that isn't supported".into(),
            PemContent::Other => "contains no PEM key".into(),
        }
    }

    /// Describes the content of the file of the certificate, as a continuation of "and".
    fn as_certificate(self, path: &Path) -> String {
        match self {
            PemContent::Empty => "is empty".into(),
            PemContent::Key | PemContent::EncryptedKey | PemContent::SshKey | PemContent::PublicKey => {
                "contains a key: name the key in http.tls_key, and its certificate here".into()
            }
            PemContent::Request => {
                "contains a certificate request: name the certificate that the authority issued for it".into()
            }
            PemContent::Der => format!(
                "is binary (DER): convert it by `openssl x509 -inform DER -in {} -out CERT`, and name CERT in \
                 http.tls_cert",
                path.display()
            ),
            PemContent::Certificate => "the certificate is damaged, or in OpenSSL's own format".into(),
            PemContent::Other => "contains no PEM certificate".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_of_a_file_is_recognized() {
        let pem = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        for (text, expected) in [
            ("\r\n \n".to_owned(), PemContent::Empty),
            (pem("ENCRYPTED PRIVATE KEY"), PemContent::EncryptedKey),
            (
                pem("RSA PRIVATE KEY")
                    .replace("AAAA", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA"),
                PemContent::EncryptedKey,
            ),
            (pem("EC PRIVATE KEY"), PemContent::Key),
            (pem("OPENSSH PRIVATE KEY"), PemContent::SshKey),
            (pem("CERTIFICATE"), PemContent::Certificate),
            (pem("CERTIFICATE REQUEST"), PemContent::Request),
            (pem("PUBLIC KEY"), PemContent::PublicKey),
            (pem("DH PARAMETERS"), PemContent::Other),
        ] {
            assert_eq!(PemContent::of(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(PemContent::of(&[0x30, 0x82, 1, 2]), PemContent::Der);
    }
}
