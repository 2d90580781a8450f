//! HTTP requests as clients, browsers and proxies write them: paths with a final slash, codings of the body, origins
//! and hosts, and health checks.

use std::{io::Write as _, process::Command};

use serde_json::json;

use crate::{
    harness::{HttpServer, Reply, SPECIMEN, rpc, text, tools_call},
    identity::settings::refused_by,
};

fn call() -> Vec<u8> {
    tools_call(1, "echo", json!({ "text": "x" })).to_string().into_bytes()
}

#[test]
fn final_slash_of_a_path_is_ignored() {
    let server = HttpServer::start(&[
        "--oauth-issuer",
        "https://as.example.com",
        "--oauth-resource",
        "https://mcp.example.com/mcp",
    ]);
    let status = |method: &str, path: &str| server.send(method, path, &[], &call()).status;
    for (path, expected) in
        [("/mcp", 401), ("/mcp/", 401), ("/mcp/?x=1", 401), ("/mcp//", 404), ("//mcp", 404)]
    {
        assert_eq!(status("POST", path), expected, "{path}");
    }
    for path in [
        "/healthz",
        "/healthz/",
        "/readyz/",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-protected-resource/mcp/",
    ] {
        assert_eq!(status("GET", path), 200, "{path}");
    }
    let server = HttpServer::start(&[]);
    let reply = server.send("POST", "/mcp/", &[], &call());
    assert_eq!((reply.status, text(&reply.json())), (200, "x"));
}

#[test]
fn header_that_changes_how_the_body_is_read_is_refused_by_name() {
    let server = HttpServer::start(&[]);
    let send = |header: (&str, &str), body: &[u8]| server.send("POST", "/mcp", &[header], body);
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff];
    let refused = send(("Content-Encoding", "gzip"), &gzip);
    assert_eq!((refused.status, refused.header("accept-encoding")), (415, Some("identity")), "{refused:?}");
    assert!(refused.body.contains("Content-Encoding") && refused.body.contains("identity"), "{refused:?}");
    for (header, status, named) in [
        (("Content-Encoding", "deflate, identity"), 415, "Content-Encoding"),
        (("Content-Type", "application/json; charset=utf-16"), 415, "charset"),
        (("Expect", "a-miracle"), 417, "Expect"),
    ] {
        let reply = send(header, &call());
        assert_eq!(reply.status, status, "{header:?}: {reply:?}");
        assert!(reply.json()["error"]["message"].as_str().unwrap().contains(named), "{header:?}: {reply:?}");
    }
    let chunked = [("Content-Length", ""), ("Transfer-Encoding", "gzip, chunked")];
    let reply = server.send("POST", "/mcp", &chunked, b"2\r\n{}\r\n0\r\n\r\n");
    assert!(reply.status == 415 && reply.body.contains("Transfer-Encoding"), "{reply:?}");
    for header in [("Content-Encoding", "identity"), ("Content-Type", "application/json; charset=UTF-8")] {
        assert_eq!(text(&send(header, &call()).json()), "x");
    }
    assert_eq!(text(&server.call("echo", json!({ "text": "still here" }))), "still here");
}

#[test]
fn origin_or_host_that_no_client_sends_stops_the_start() {
    let refused = |arguments: &[&str]| refused_by(&mut Command::new(SPECIMEN), "127.0.0.1:0", arguments);
    for (flag, setting, value, advice) in [
        ("--allowed-origin", "http.allowed_origins", "https://*.example.com", "no wildcards"),
        ("--allowed-origin", "http.allowed_origins", "https://app.example.com/page", "leave out everything"),
        ("--allowed-origin", "http.allowed_origins", "app.example.com", "write `https://name`"),
        ("--allowed-host", "http.allowed_hosts", "*.example.com", "no wildcards"),
        ("--allowed-host", "http.allowed_hosts", "https://mcp.example.com", "leave out the scheme"),
        ("--allowed-host", "http.allowed_hosts", "::1", "in brackets"),
        ("--trusted-proxy", "http.trusted_proxies", "10.0.0.7/8", "the first one of its network"),
        ("--trusted-proxy", "http.trusted_proxies", "proxy.internal", "must be an address or a network"),
    ] {
        let stderr = refused(&[flag, value]);
        assert!(stderr.contains(setting) && stderr.contains(advice), "{value}: {stderr}");
    }
}

#[test]
fn allowed_origin_and_host_match_what_clients_send() {
    let server = HttpServer::start(&[
        "--allowed-origin",
        "HTTPS://App.example.com:443/",
        "--allowed-host",
        "MCP.example.com:443",
    ]);
    let status = |headers: &[(&str, &str)]| server.send("POST", "/mcp", headers, &call()).status;
    assert_eq!(status(&[("Origin", "https://app.example.com")]), 200);
    assert_eq!(status(&[("Origin", "http://app.example.com")]), 403);
    for host in ["mcp.example.com", "mcp.example.com:443"] {
        assert_eq!(status(&[("Host", host)]), 200, "{host}");
    }
    assert_eq!(status(&[("Host", "mcp.example.com:8443")]), 403);
    let address = server.address.to_string();
    assert_eq!(status(&[("Origin", &format!("http://{address}"))]), 200);
    assert_eq!(status(&[("Origin", &format!("https://{address}"))]), 403);
}

/// A trusted proxy ends TLS, so a page that it serves has an `https` origin.
#[test]
fn own_origin_behind_a_trusted_proxy_is_https() {
    let server = HttpServer::start(&["--trusted-proxy", "127.0.0.1", "--allowed-host", "mcp.example.com"]);
    let status = |origin: &str| {
        let headers = [("Host", "mcp.example.com"), ("Origin", origin)];
        server.send("POST", "/mcp", &headers, &call()).status
    };
    assert_eq!(status("https://mcp.example.com"), 200);
    assert_eq!(status("http://mcp.example.com"), 403);
}

#[test]
fn weight_zero_of_event_streams_is_respected() {
    let server = HttpServer::start(&[]);
    let params = json!({ "name": "steps", "arguments": { "count": 1 }, "_meta": { "progressToken": 1 } });
    let content_type = |accept: &str| {
        let reply = server.post(&[("Accept", accept)], &rpc("tools/call", params.clone()));
        reply.header("content-type").unwrap().to_owned()
    };
    assert_eq!(content_type("application/json, text/event-stream;q=0"), "application/json");
    assert_eq!(content_type("application/json, text/event-stream;q=0.5"), "text/event-stream");
    assert_eq!(content_type("*/*;q=0.1, text/event-stream;q=0"), "application/json");
}

/// The rest of a refused body is read, because closing a connection with unread input would reset it before the client
/// has read the answer.
#[test]
fn large_body_without_memory_is_refused_with_a_readable_answer() {
    // Far more than the system buffers, so that the client is still sending when it is refused.
    const LARGE: usize = 64 << 20;
    let server = HttpServer::start(&["--max-body", "64MiB"]);
    let length = LARGE.to_string();
    let head = server.request_bytes("POST", "/mcp", &[("Content-Length", &length)], b"");
    // Two bodies have the memory of all bodies once more than 64 KiB of each have arrived.
    let holding = [(); 2].map(|()| {
        let mut stream = server.connect();
        stream.write_all(&head).unwrap();
        stream.write_all(&vec![b' '; 1 << 20]).unwrap();
        stream
    });
    let mut stream = server.connect();
    stream.write_all(&head).unwrap();
    stream.write_all(&vec![b' '; LARGE]).expect("the connection was reset while the body was sent");
    let reply = Reply::read(stream);
    assert_eq!((reply.status, reply.header("connection")), (429, Some("close")), "{reply:?}");
    assert!(reply.body.contains("too many large bodies"), "{reply:?}");
    drop(holding);
}

#[test]
fn health_checks_ignore_the_host() {
    let server = HttpServer::start(&["--trusted-proxy", "10.0.0.7"]);
    for host in ["10.0.0.7:8080", "evil.example", "a b"] {
        for (path, body) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
            let reply = server.send("GET", path, &[("Host", host)], b"");
            assert_eq!((reply.status, reply.body.as_str()), (200, body), "{host}");
        }
    }
}
