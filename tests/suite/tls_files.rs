//! Certificate and key files with other content: each error is one line that says what to do.

use std::path::Path;

use crate::cli::{refusal, run};

/// Starts a server with these files, which must fail; returns the error.
fn refused(certificate: &Path, key: &Path) -> String {
    let arguments = [
        "serve",
        "--http",
        "127.0.0.1:0",
        "--tls-cert",
        certificate.to_str().unwrap(),
        "--tls-key",
        key.to_str().unwrap(),
    ];
    let (code, stderr) = refusal(&run(&arguments, &[], None));
    assert_eq!(code, 1, "{stderr}");
    let mut errors = stderr.lines().skip_while(|line| !line.starts_with("error: "));
    let error = errors.next().unwrap().to_owned();
    assert_eq!(errors.next(), None, "the error has several lines: {stderr}");
    error
}

#[test]
fn wrong_certificate_or_key_file_is_explained_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate_pem, key_pem) = (made.cert.pem(), made.signing_key.serialize_pem());
    let certificate = write("certificate.pem", certificate_pem.as_bytes());
    let key = write("key.pem", key_pem.as_bytes());

    let encrypted = key_pem.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let old_encrypted = key_pem.replace("PRIVATE KEY", "EC PRIVATE KEY").replacen(
        "KEY-----\n",
        "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0123\n\n",
        1,
    );
    for (name, content, expected) in [
        ("encrypted", encrypted.as_bytes(), "is encrypted: decrypt it by `umask 077; openssl pkey -in"),
        ("old", old_encrypted.as_bytes(), "is encrypted: decrypt it by `umask 077; openssl pkey -in"),
        (
            "exchanged",
            certificate_pem.as_bytes(),
            "contains a certificate: name the certificate in http.tls_cert",
        ),
        ("binary", made.signing_key.serialize_der().as_slice(), "is binary (DER): convert it by"),
        ("empty", b"\n", "is empty"),
        (
            "ssh",
            key_pem.replace("PRIVATE KEY", "OPENSSH PRIVATE KEY").as_bytes(),
            "is a key of OpenSSH: convert",
        ),
        ("public", key_pem.replace("PRIVATE KEY", "PUBLIC KEY").as_bytes(), "contains a public key"),
        (
            "other",
            other.signing_key.serialize_pem().as_bytes(),
            "must be the key of the first certificate in",
        ),
        ("text", b"nonsense", "contains no PEM key"),
    ] {
        let path = write(name, content);
        let error = refused(&certificate, &path);
        assert!(error.contains(&format!("http.tls_key: {}: ", path.display())), "{name}: {error}");
        assert!(error.contains(expected), "{name}: {error}");
    }
    for (name, content, expected) in [
        ("exchanged", key_pem.as_bytes(), "contains a key: name the key in http.tls_key"),
        ("binary", made.cert.der().as_ref(), "is binary (DER): convert it by `openssl x509"),
        ("empty", b"", "is empty"),
        (
            "request",
            certificate_pem.replace("CERTIFICATE", "CERTIFICATE REQUEST").as_bytes(),
            "contains a certificate request",
        ),
        ("text", b"nonsense", "contains no PEM certificate"),
    ] {
        let path = write(name, content);
        let error = refused(&path, &key);
        assert!(error.contains(&format!("http.tls_cert: {}: ", path.display())), "{name}: {error}");
        assert!(error.contains(expected), "{name}: {error}");
    }
    let error = refused(&certificate, folder.path());
    assert!(error.contains("must be a regular file, and is a folder"), "{error}");
}
