//! Servers behind nginx and HAProxy, which `./test` installs. The proxies connect from 127.0.0.2, which the servers
//! trust, so that their requests differ from those of the tests, which come from 127.0.0.1.

use std::{
    io::{Read, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    control::Control,
    harness::{
        HttpServer, Reply, Stderr, correlation, free_port, initialize_params, modern, rpc, text, tools_call,
        until,
    },
    identity::listener::{Certified, Files, connect},
};

const PROXY: &str = "127.0.0.2";

#[derive(Clone, Copy, Debug)]
enum Kind {
    Nginx,
    HaProxy,
}

const KINDS: [Kind; 2] = [Kind::Nginx, Kind::HaProxy];

/// A running proxy.
struct Proxy {
    child: Child,
    stderr: Stderr,
    address: SocketAddr,
    _folder: TempDir,
}

impl Proxy {
    /// Starts a proxy in front of `server`. `frontend` has further lines of its configuration. With `files`, it ends
    /// TLS.
    fn start(kind: Kind, server: &HttpServer, frontend: &str, files: Option<&Files>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (port, backend) = (free_port(), server.address);
        let path = folder.path().display();
        let configuration = match kind {
            Kind::Nginx => {
                let tls = files.map_or(String::new(), |files| {
                    let (certificate, key) = (files.certificate.display(), files.key.display());
                    format!("ssl_certificate {certificate}; ssl_certificate_key {key};")
                });
                let ssl = if files.is_some() { "ssl" } else { "" };
                format!(
                    "daemon off; master_process off; pid {path}/pid; error_log stderr;
                    events {{}}
                    http {{
                        access_log off; client_body_temp_path {path}/body; proxy_temp_path {path}/proxy;
                        fastcgi_temp_path {path}/fastcgi; uwsgi_temp_path {path}/uwsgi; scgi_temp_path {path}/scgi;
                        server {{
                            listen 127.0.0.1:{port} {ssl}; {tls}
                            location / {{ proxy_pass http://{backend}; proxy_bind {PROXY}; {frontend} }}
                        }}
                    }}"
                )
            }
            Kind::HaProxy => {
                let tls = files.map_or(String::new(), |files| {
                    let both = folder.path().join("both.pem");
                    let read = |file| std::fs::read_to_string(file).unwrap();
                    std::fs::write(&both, read(&files.certificate) + &read(&files.key)).unwrap();
                    format!("ssl crt {}", both.display())
                });
                format!(
                    "defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend clients
    bind 127.0.0.1:{port} {tls}
    monitor-uri /proxy-is-up
    monitor fail if {{ nbsrv(mcp) lt 1 }}
    {frontend}
    default_backend mcp
backend mcp
    option httpchk GET /readyz
    server mcp {backend} source {PROXY} check inter 100ms rise 1 fall 1
"
                )
            }
        };
        let file = folder.path().join("proxy.conf");
        std::fs::write(&file, configuration).unwrap();
        let mut command = match kind {
            Kind::Nginx => Command::new("nginx"),
            Kind::HaProxy => Command::new("haproxy"),
        };
        match kind {
            Kind::Nginx => command.arg("-p").arg(folder.path()).arg("-c").arg(&file),
            Kind::HaProxy => command.arg("-db").arg("-f").arg(&file),
        };
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{kind:?} isn't installed: run ./test ({error})"));
        let stderr = Stderr::follow(&mut child);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let proxy = Proxy { child, stderr, address, _folder: folder };
        until("the proxy listens", || {
            assert!(!proxy.stderr.text().contains("[emerg]"), "{}", proxy.stderr.text());
            TcpStream::connect(address).is_ok()
        });
        proxy
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A server and its proxy. The address of the server is that of the proxy, so that all requests go through the proxy.
struct Proxied {
    server: HttpServer,
    proxy: Proxy,
    /// Address of the server itself.
    direct: SocketAddr,
}

impl Proxied {
    fn start(kind: Kind, frontend: &str, files: Option<&Files>, arguments: &[&str]) -> Self {
        let arguments = [&["--trusted-proxy", PROXY], arguments].concat();
        let mut server = HttpServer::start(&arguments);
        let (direct, proxy) = (server.address, Proxy::start(kind, &server, frontend, files));
        server.address = proxy.address;
        Proxied { server, proxy, direct }
    }

    /// Reads a counter of the specimen without the proxy.
    fn wait_for_count(&mut self, what: &str, expected: u64) {
        self.server.address = self.direct;
        self.server.wait_for_count(what, expected);
        self.server.address = self.proxy.address;
    }
}

/// Reads from a stream until it contains `expected`.
fn read_until(stream: &mut impl Read, expected: &str) -> String {
    let (mut text, mut chunk) = (String::new(), [0; 1_024]);
    while !text.contains(expected) {
        let read = stream.read(&mut chunk).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(read > 0, "the stream ended without {expected}: {text}");
        text.push_str(&String::from_utf8_lossy(&chunk[..read]));
    }
    text
}

#[test]
fn both_protocol_revisions_are_served_through_a_proxy() {
    for kind in KINDS {
        let proxied = Proxied::start(kind, "", None, &["--legacy-sessions", "3"]);
        let server = &proxied.server;
        let echo = json!({ "name": "echo", "arguments": { "text": "through" } });
        let reply = server.modern("tools/call", echo.clone(), json!({}), &[]);
        assert_eq!(text(&reply.json()), "through", "{kind:?}: {reply:?}");
        for path in ["/mcp", "/mcp/"] {
            let reply =
                server.send("POST", path, &[], rpc("tools/call", echo.clone()).to_string().as_bytes());
            assert_eq!(text(&reply.json()), "through", "{kind:?}: {reply:?}");
        }
        let unknown = server.modern("no/such", json!({}), json!({}), &[]);
        assert_eq!(unknown.status, 404, "{kind:?}");
        let session = server.open_session(&[]);
        let reply = server.post(&[("Mcp-Session-Id", &session)], &rpc("tools/call", echo));
        assert_eq!(text(&reply.events()[0]), "through", "{kind:?}: {reply:?}");
        let ended = server.send("DELETE", "/mcp", &[("Mcp-Session-Id", &session)], b"");
        assert_eq!(ended.status, 204, "{kind:?}");
        // A body over the proxy's read buffer, and one that the server refuses.
        let large = server.call("echo", json!({ "text": "x".repeat(1_000_000) }));
        assert_eq!(crate::harness::kind(&large), "invalid_arguments", "{kind:?}");
    }
}

#[test]
fn event_stream_passes_a_proxy_without_delay_and_its_end_reaches_the_server() {
    // nginx speaks HTTP/1.0 to the server unless it is configured otherwise.
    let http_1_1 = "proxy_http_version 1.1; proxy_set_header Connection \"\";";
    for (kind, frontend) in [(Kind::Nginx, ""), (Kind::Nginx, http_1_1), (Kind::HaProxy, "")] {
        let mut proxied = Proxied::start(kind, frontend, None, &[]);
        let params = json!({ "name": "steps", "arguments": { "count": 1_000, "milliseconds": 10_000 } });
        let body = modern(1, "tools/call", params, json!({ "progressToken": "t" })).to_string();
        let headers =
            [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "steps")];
        let mut stream = proxied.server.connect();
        stream.write_all(&proxied.server.request_bytes("POST", "/mcp", &headers, body.as_bytes())).unwrap();
        // The steps are slow, so that they don't fill a buffer of nginx (4 KiB) before the call's deadline. If the proxy
        // buffered them, the call would no longer run when the first step is read.
        let begun = read_until(&mut stream, "\"step 1\"");
        assert!(begun.to_ascii_lowercase().contains("content-type: text/event-stream"), "{kind:?}: {begun}");
        proxied.wait_for_count("running", 1);
        drop(stream);
        proxied.wait_for_count("dropped", 1);
    }
}

/// Address in the record of a call with these headers.
fn remote(server: &HttpServer, headers: &[(&str, &str)]) -> String {
    let reply = server.post(headers, &tools_call(1, "echo", json!({ "text": "x" })));
    let record = server.stderr.record_of(correlation(&reply.json()));
    record["remote"].as_str().unwrap_or_else(|| panic!("{record}")).to_owned()
}

#[test]
fn client_address_is_the_one_that_the_proxy_names() {
    for (kind, frontend, expected) in [
        (Kind::Nginx, "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;", "127.0.0.1"),
        (Kind::Nginx, "proxy_set_header X-Forwarded-For $remote_addr:$remote_port;", "127.0.0.1"),
        (Kind::Nginx, "proxy_set_header X-Forwarded-For '\"[2001:db8::1]:443\"';", "2001:db8::1"),
        (Kind::Nginx, "proxy_set_header X-Forwarded-For \"\";", PROXY),
        (Kind::HaProxy, "option forwardfor", "127.0.0.1"),
        (Kind::HaProxy, "http-request set-header X-Forwarded-For %[src]:%[src_port]", "127.0.0.1"),
        (Kind::HaProxy, "http-request set-header X-Forwarded-For [2001:db8::1]:%[src_port]", "2001:db8::1"),
    ] {
        let proxied = Proxied::start(kind, frontend, None, &[]);
        // A header that the client writes itself is ignored, because the proxy replaces or extends it.
        let forged = [("X-Forwarded-For", "203.0.113.66"), ("Forwarded", "for=203.0.113.67")];
        assert_eq!(remote(&proxied.server, &forged), expected, "{kind:?}: {frontend}");
    }
}

#[test]
fn page_of_the_server_itself_may_send_requests_through_a_proxy_that_ends_tls() {
    let certified = Certified::new();
    let files = Files::of(&certified);
    for (kind, keeps_host) in
        [(Kind::Nginx, "proxy_set_header Host $http_host;"), (Kind::HaProxy, "option forwardfor")]
    {
        let proxied =
            Proxied::start(kind, keeps_host, Some(&files), &["--allowed-origin", "https://app.example.com"]);
        let server = &proxied.server;
        let from = |origin: &str| {
            let (mut stream, _) = connect(server, &[&certified]).unwrap();
            let host = format!("localhost:{}", server.address.port());
            let headers = [("Host", host.as_str()), ("Origin", origin)];
            let call = tools_call(1, "echo", json!({ "text": "x" })).to_string();
            stream.write_all(&server.request_bytes("POST", "/mcp", &headers, call.as_bytes())).unwrap();
            Reply::read(stream)
        };
        let own = format!("https://localhost:{}", server.address.port());
        for allowed in [own.as_str(), "https://app.example.com"] {
            let reply = from(allowed);
            assert_eq!((reply.status, text(&reply.json())), (200, "x"), "{kind:?}, {allowed}");
            assert_eq!(reply.header("access-control-allow-origin"), Some(allowed));
        }
        for refused in [own.replace("https", "http").as_str(), "https://evil.example"] {
            assert_eq!(from(refused).status, 403, "{kind:?}, {refused}");
        }
    }
}

/// nginx sends the address of the server as `Host` unless it is configured otherwise.
#[test]
fn rewritten_host_needs_no_setting_if_it_is_a_loopback_name() {
    for (kind, frontend, status) in [
        (Kind::Nginx, "", 200),
        (Kind::Nginx, "proxy_set_header Host mcp.internal;", 403),
        (Kind::Nginx, "proxy_set_header Host mcp.example.com;", 200),
        (Kind::HaProxy, "http-request set-header Host mcp.internal", 403),
        (Kind::HaProxy, "http-request set-header Host mcp.example.com:8443", 200),
    ] {
        let proxied = Proxied::start(kind, frontend, None, &["--allowed-host", "mcp.example.com"]);
        let reply = proxied
            .server
            .post(&[("Host", "anything.example")], &tools_call(1, "echo", json!({ "text": "x" })));
        assert_eq!(reply.status, status, "{kind:?}: {frontend}: {reply:?}");
    }
}

#[test]
fn stripped_headers_fail_only_the_requests_that_need_them() {
    for (kind, frontend) in [
        (
            Kind::Nginx,
            "proxy_set_header MCP-Protocol-Version \"\"; proxy_set_header Mcp-Method \"\"; proxy_set_header Accept \"\";",
        ),
        (
            Kind::HaProxy,
            "http-request del-header mcp- -m beg\n    http-request del-header accept\n    http-request set-header X-Added yes",
        ),
    ] {
        let proxied = Proxied::start(kind, frontend, None, &[]);
        let server = &proxied.server;
        let refused = server.modern(
            "tools/call",
            json!({ "name": "echo", "arguments": { "text": "x" } }),
            json!({}),
            &[],
        );
        let error = refused.json()["error"].clone();
        assert_eq!((refused.status, &error["code"]), (400, &json!(-32_020)), "{kind:?}: {refused:?}");
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.contains("mcp-protocol-version is missing"), "{kind:?}: {message}");
        let headers = [("MCP-Protocol-Version", "2025-11-25")];
        let legacy = server.post(&headers, &tools_call(1, "echo", json!({ "text": "x" })));
        assert_eq!(text(&legacy.json()), "x", "{kind:?}");
        let opened = server.post(&headers, &rpc("initialize", initialize_params(json!({}))));
        assert_eq!(opened.json()["result"]["protocolVersion"], "2025-11-25", "{kind:?}: {opened:?}");
    }
}

#[test]
fn health_checks_of_a_proxy_follow_the_readiness_of_the_server() {
    let control = Control::new();
    let proxied = Proxied::start(Kind::HaProxy, "", None, &control.flags());
    let status = |path: &str| proxied.server.send("GET", path, &[], b"").status;
    // HAProxy checks `/readyz` by HTTP/1.0 without a `Host`.
    until("HAProxy considers the server ready", || status("/proxy-is-up") == 200);
    assert_eq!((status("/healthz"), status("/readyz")), (200, 200));
    std::fs::write(control.path(), "nonsense\n").unwrap();
    until("HAProxy considers the server down", || status("/proxy-is-up") == 503);
}

#[test]
fn signal_ends_a_proxied_server_after_its_calls() {
    let mut proxied = Proxied::start(Kind::Nginx, "proxy_http_version 1.1;", None, &[]);
    let call = tools_call(1, "waits", json!({ "milliseconds": 300 })).to_string();
    let mut stream = proxied.server.connect();
    stream.write_all(&proxied.server.request_bytes("POST", "/mcp", &[], call.as_bytes())).unwrap();
    proxied.wait_for_count("running", 1);
    assert!(proxied.server.terminate().success());
    let answer: Value = Reply::read(stream).json();
    assert_eq!(text(&answer), "waited");
}
