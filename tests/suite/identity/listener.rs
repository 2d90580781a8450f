//! The HTTP listener: TLS, trusted proxies, and the addresses that a server without authorization or TLS may use.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, TcpStream, UdpSocket},
    path::PathBuf,
    process::Command,
    sync::Arc,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName},
};
use tempfile::TempDir;

use super::{
    Pair, call,
    issuer::{Issuer, RESOURCE},
    issuer_keys, measure,
    settings::refused_by,
    succeeded,
};
use crate::{
    control::Control,
    harness::{HttpServer, Reply, SPECIMEN, correlation, until},
};

/// Certificate and key files.
pub struct Files {
    _folder: TempDir,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// A self-signed certificate and its key: in DER for clients, and in PEM for the files of the server.
pub struct Certified {
    der: CertificateDer<'static>,
    pub certificate: String,
    pub key: String,
}

impl Certified {
    pub fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Certified {
            der: made.cert.der().clone(),
            certificate: made.cert.pem(),
            key: made.signing_key.serialize_pem(),
        }
    }
}

impl Files {
    pub fn of(certified: &Certified) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [certificate, key] = ["tls.crt", "tls.key"].map(|name| folder.path().join(name));
        let files = Files { _folder: folder, certificate, key };
        files.write(certified);
        files
    }

    fn write(&self, certified: &Certified) {
        std::fs::write(&self.certificate, &certified.certificate).unwrap();
        std::fs::write(&self.key, &certified.key).unwrap();
    }

    fn flags(&self) -> [&str; 4] {
        let [certificate, key] = [&self.certificate, &self.key].map(|path| path.to_str().unwrap());
        ["--tls-cert", certificate, "--tls-key", key]
    }
}

/// Connects with TLS. Returns the stream and the server's certificate; `None` if the certificate is not in `trusted`.
pub fn connect(
    server: &HttpServer,
    trusted: &[&Certified],
) -> Option<(StreamOwned<ClientConnection, TcpStream>, CertificateDer<'static>)> {
    let mut roots = RootCertStore::empty();
    for certified in trusted {
        roots.add(certified.der.clone()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
    let mut stream = StreamOwned::new(client, server.connect());
    stream.flush().ok()?;
    let certificate = stream.conn.peer_certificates()?.first()?.clone().into_owned();
    Some((stream, certificate))
}

/// Returns the certificate that the server presents; `None` if the certificate is not in `trusted`.
fn presented(server: &HttpServer, trusted: &[&Certified]) -> Option<CertificateDer<'static>> {
    connect(server, trusted).map(|(_, certificate)| certificate)
}

/// Calls `measure` over TLS.
fn call_by_tls(server: &HttpServer, trusted: &Certified, authorization: &str) -> Reply {
    call_from_page(server, trusted, &[("Authorization", authorization)])
}

/// Calls `measure` over TLS with these headers, such as the `Origin` of a web page.
fn call_from_page(server: &HttpServer, trusted: &Certified, headers: &[(&str, &str)]) -> Reply {
    let (mut stream, _) = connect(server, &[trusted]).unwrap();
    let host = format!("localhost:{}", server.address.port());
    let headers = [headers, &[("Host", host.as_str())]].concat();
    let body = measure().to_string();
    stream.write_all(&server.request_bytes("POST", "/mcp", &headers, body.as_bytes())).unwrap();
    Reply::read(stream)
}

#[test]
fn server_terminates_tls() {
    let certified = Certified::new();
    let files = Files::of(&certified);
    let pair = Pair::with(Issuer::start(&issuer_keys()), &files.flags());
    pair.server.stderr.line_with(&["serves at https://127.0.0.1:"]);
    let reply = call_by_tls(&pair.server, &certified, &format!("Bearer {}", pair.issuer.token()));
    assert!(succeeded(&reply), "{reply:?}");
    assert_eq!(call_by_tls(&pair.server, &certified, "").status, 401);
    assert!(
        presented(&pair.server, &[&Certified::new()]).is_none(),
        "a client that trusts another certificate must not connect"
    );
    // Plain HTTP gets no response.
    let mut stream = pair.server.connect();
    let plain = pair.server.request_bytes("POST", "/mcp", &[], measure().to_string().as_bytes());
    drop(stream.write_all(&plain));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));
}

#[test]
fn own_origin_of_a_server_with_tls_is_https() {
    let certified = Certified::new();
    let files = Files::of(&certified);
    let server = HttpServer::start(&files.flags());
    let port = server.address.port();
    let from = |origin: &str| call_from_page(&server, &certified, &[("Origin", origin)]);
    let own = from(&format!("https://localhost:{port}"));
    assert!(succeeded(&own), "{own:?}");
    for other in [format!("http://localhost:{port}"), "https://localhost".to_owned()] {
        assert_eq!(from(&other).status, 403, "{other} isn't an origin of the server");
    }
}

#[test]
fn certificate_is_reloaded_while_the_server_runs() {
    let (first, second, third) = (Certified::new(), Certified::new(), Certified::new());
    let files = Files::of(&first);
    let server = HttpServer::start(&files.flags());
    let all = [&first, &second, &third];
    assert_eq!(presented(&server, &all).as_ref(), Some(&first.der));
    files.write(&second);
    until("the second certificate was presented", || presented(&server, &all).as_ref() == Some(&second.der));
    server.stderr.line_with(&["the TLS certificate was reloaded"]);

    // An unusable certificate leaves the current one in use.
    std::fs::write(&files.certificate, "nonsense").unwrap();
    server.stderr.line_with(&["ERROR", "keeping the old one", "http.tls_cert"]);
    assert_eq!(presented(&server, &all).as_ref(), Some(&second.der));
    std::fs::remove_file(&files.key).unwrap();
    assert_eq!(presented(&server, &all).as_ref(), Some(&second.der));
    std::fs::write(&files.certificate, &third.certificate).unwrap();
    std::fs::write(&files.key, &first.key).unwrap();
    server.stderr.line_with(&["ERROR", "keeping the old one", "must be the key of"]);
    assert_eq!(presented(&server, &all).as_ref(), Some(&second.der));
    std::fs::write(&files.key, &third.key).unwrap();
    until("the third certificate was presented", || presented(&server, &all).as_ref() == Some(&third.der));
}

#[test]
fn unusable_certificate_stops_the_start() {
    let (certified, other) = (Certified::new(), Certified::new());
    let files = Files::of(&certified);
    // Returns the stderr of a server that must not start.
    let refused = |arguments: &[&str]| refused_by(&mut Command::new(SPECIMEN), "127.0.0.1:0", arguments);
    let flags = files.flags();
    assert!(refused(&flags[..2]).contains("http.tls_key is missing: http.tls_cert needs it"));
    assert!(refused(&flags[2..]).contains("http.tls_cert is missing: http.tls_key needs it"));
    let missing = refused(&["--tls-cert", "/no/such/file", "--tls-key", flags[3]]);
    assert!(missing.contains("http.tls_cert: /no/such/file"), "{missing}");
    std::fs::write(&files.key, &other.key).unwrap();
    let stderr = refused(&files.flags());
    assert!(stderr.contains("http.tls_key: ") && stderr.contains("must be the key of"), "{stderr}");
    std::fs::write(&files.key, "nonsense").unwrap();
    assert!(refused(&files.flags()).contains("http.tls_key: "));
    std::fs::write(&files.certificate, &certified.key).unwrap();
    let stderr = refused(&files.flags());
    assert!(stderr.contains("http.tls_cert: ") && stderr.contains("contains a key"), "{stderr}");
}

/// A server is unprotected without authorization, or if it has neither TLS nor a trusted proxy that could terminate
/// TLS.
#[test]
fn unprotected_server_listens_only_on_loopback() {
    let oauth =
        ["--oauth-issuer", "https://as.example.com", "--oauth-resource", "https://mcp.example.com/mcp"];
    let certified = Certified::new();
    let files = Files::of(&certified);
    let proxy = ["--trusted-proxy", "10.0.0.7"];
    for listen in ["0.0.0.0:0", "[::]:0"] {
        // Returns the stderr of a server that must not start.
        let refused = |arguments: &[&str]| refused_by(&mut Command::new(SPECIMEN), listen, arguments);
        for arguments in [&[][..], &proxy, &files.flags()] {
            let stderr = refused(arguments);
            assert!(
                stderr.contains("without authorization a server may listen on a loopback address"),
                "{stderr}"
            );
            assert!(stderr.contains("set oauth.issuers and oauth.resource"), "{stderr}");
        }
        let stderr = refused(&oauth);
        assert!(stderr.contains("tokens would cross the network unencrypted"), "{stderr}");
        assert!(stderr.contains("http.tls_cert and http.tls_key") && stderr.contains("http.trusted_proxies"));
    }
    for protected in [[&oauth[..], &files.flags()].concat(), [&oauth[..], &proxy].concat()] {
        drop(HttpServer::start_at(&mut Command::new(SPECIMEN), "0.0.0.0:0", &protected));
    }
}

/// Remote address in the record of a call with these `X-Forwarded-For` headers.
fn remote(server: &HttpServer, token: &str, forwarded: &[&str]) -> String {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("Authorization", bearer.as_str())];
    headers.extend(forwarded.iter().map(|value| ("X-Forwarded-For", *value)));
    let reply = call(server, &headers);
    assert!(succeeded(&reply), "{reply:?}");
    let record = server.stderr.record_of(correlation(&reply.json()));
    record["remote"].as_str().unwrap().to_owned()
}

#[test]
fn trusted_proxy_supplies_the_remote_address() {
    let pair = Pair::with(Issuer::start(&issuer_keys()), &["--trusted-proxy", "127.0.0.1"]);
    let token = pair.issuer.token();
    assert_eq!(remote(&pair.server, &token, &["192.0.2.1"]), "192.0.2.1");
    assert_eq!(
        remote(&pair.server, &token, &["6.6.6.6, 192.0.2.1"]),
        "192.0.2.1",
        "the last address must be used, because only that one is from the proxy"
    );
    assert_eq!(remote(&pair.server, &token, &[]), "127.0.0.1");
    for flags in [&[][..], &["--trusted-proxy", "10.0.0.7"]] {
        let pair = Pair::with(Issuer::start(&issuer_keys()), flags);
        let token = pair.issuer.token();
        assert_eq!(
            remote(&pair.server, &token, &["192.0.2.1"]),
            "127.0.0.1",
            "`X-Forwarded-For` must be ignored, because the client is not a trusted proxy"
        );
    }
}

/// A non-loopback address of this machine, found without sending a packet.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect("198.51.100.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|address| !address.is_loopback())
}

#[test]
fn connection_that_bypasses_the_proxy_is_refused() {
    let Some(external) = own_address() else {
        println!("this machine has no address but loopback");
        return;
    };
    let issuer = Issuer::start(&issuer_keys());
    // Calls a server with this trusted proxy from loopback, which is always accepted, and from the external address.
    // Returns `true` if the latter call succeeded, and the server.
    let call_externally = |proxy: &str| {
        let oauth = ["--oauth-issuer", &issuer.url, "--oauth-resource", RESOURCE];
        let arguments = [&oauth[..], &["--trusted-proxy", proxy]].concat();
        let mut server = HttpServer::start_at(&mut Command::new(SPECIMEN), "0.0.0.0:0", &arguments);
        server.address.set_ip(Ipv4Addr::LOCALHOST.into());
        let reply = super::Bearer::new(&server, &issuer.token()).send(&[], &measure());
        assert!(succeeded(&reply), "loopback: {reply:?}");
        server.address.set_ip(external);
        let bearer = format!("Bearer {}", issuer.token());
        let headers = [("Host", "127.0.0.1"), ("Authorization", bearer.as_str())];
        let reply = call(&server, &headers);
        (succeeded(&reply), server)
    };
    let (accepted, server) = call_externally("10.0.0.7");
    assert!(!accepted, "a connection from an address other than the proxy's is accepted");
    server.stderr.line_with(&[
        "WARN",
        "refused a connection that doesn't come from a trusted proxy (http.trusted_proxies)",
    ]);
    // Further refusals aren't logged one by one.
    for _ in 0..30 {
        assert_eq!(call(&server, &[("Host", "127.0.0.1")]).status, 403);
    }
    let log = server.stderr.text();
    assert_eq!(log.matches("refused a connection").count(), 1, "{log}");
    assert!(call_externally(&external.to_string()).0, "a connection from the proxy is refused");
}

#[test]
fn connections_of_one_address_leave_capacity_for_others() {
    let Some(external) = own_address() else {
        println!("this machine has no address but loopback");
        return;
    };
    let certified = Certified::new();
    let files = Files::of(&certified);
    let oauth = ["--oauth-issuer", "https://as.example.com", "--oauth-resource", RESOURCE];
    let arguments = [&oauth[..], &files.flags(), &["--max-connections", "4"]].concat();
    let mut server = HttpServer::start_at(&mut Command::new(SPECIMEN), "0.0.0.0:0", &arguments);
    let port = server.address.port();
    // Returns `true` if the server accepts a connection to this address of it, from the same address.
    let mut is_accepted_from = |address: IpAddr| {
        server.address.set_ip(address);
        connect(&server, &[&certified]).is_some()
    };
    let silent: Vec<TcpStream> = (0..2).map(|_| TcpStream::connect((external, port)).unwrap()).collect();
    until("a third connection of the address is refused", || !is_accepted_from(external));
    assert!(is_accepted_from(Ipv4Addr::LOCALHOST.into()), "another address has no capacity");
    drop(silent);
    until("the ended connections no longer count", || is_accepted_from(external));
}

#[test]
fn health_checks_may_bypass_the_proxy() {
    let Some(external) = own_address() else {
        println!("this machine has no address but loopback");
        return;
    };
    let control = Control::new();
    let oauth = ["--oauth-issuer", "https://as.example.com", "--oauth-resource", RESOURCE];
    let arguments = [&oauth[..], &["--trusted-proxy", "10.0.0.7", "--control-file", control.path()]].concat();
    let mut server = HttpServer::start_at(&mut Command::new(SPECIMEN), "0.0.0.0:0", &arguments);
    server.address.set_ip(external);
    let get = |path: &str| server.send("GET", path, &[("Host", "10.0.0.7:8080"), ("Connection", "")], b"");
    for (path, body) in [("/healthz", "ok\n"), ("/readyz", "ready\n"), ("/readyz/", "ready\n")] {
        let reply = get(path);
        assert_eq!((reply.status, reply.body.as_str()), (200, body), "{reply:?}");
        assert_eq!(reply.header("connection"), Some("close"), "the connection stays open");
    }
    for path in ["/mcp", "/.well-known/oauth-protected-resource/mcp", "/x"] {
        let reply = get(path);
        assert_eq!(reply.status, 403, "{path}: {reply:?}");
        assert!(!reply.body.contains("as.example.com"), "{reply:?}");
    }
    // One address may have four of these connections at a time, and the server soon ends a silent one.
    let mut silent: Vec<TcpStream> = (0..4).map(|_| server.connect()).collect();
    until("a fifth connection got no answer", || get("/healthz").status == 0);
    let mut nothing = Vec::new();
    for stream in &mut silent {
        drop(stream.read_to_end(&mut nothing));
    }
    assert_eq!(get("/healthz").status, 200, "the ended connections still count");
    std::fs::write(control.path(), "nonsense\n").unwrap();
    until("the server was not ready", || get("/readyz").status == 503);
    assert_eq!(get("/readyz").body, "not ready\n", "an outsider is told the reason");
}
