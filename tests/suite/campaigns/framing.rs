//! Mutated bytes of HTTP requests.

use std::{
    io::{Read as _, Write as _},
    time::Duration,
};

use fastrand::Rng;
use serde_json::json;

use super::{Reached, cases, check_alive, mutate, seed};
use crate::harness::{HttpServer, MAX_WAIT, tools_call};

/// Time to wait for a response before the rest of the request counts as missing.
const PATIENCE: Duration = Duration::from_millis(100);

#[test]
fn mutated_requests_get_http_responses_and_no_server_error() {
    const PIECES: [&[u8]; 22] = [
        b"\r\n",
        b"\n",
        b"\r",
        b": ",
        b" ",
        b"\t",
        b"\0",
        b"Content-Length: 0\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: +7\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"0\r\n\r\n",
        b"fffffffffffffffff\r\n",
        b"Expect: 100-continue\r\n",
        b"Content-Encoding: gzip\r\n",
        b"HTTP/1.0",
        b"HTTP/2.0",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"X-Forwarded-For: [::1\r\n",
    ];
    let server = HttpServer::start(&["--legacy-sessions", "4"]);
    let body = tools_call(1, "echo", json!({ "text": "x" })).to_string();
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let requests = [
        server.request_bytes("POST", "/mcp", &[], body.as_bytes()),
        server.request_bytes(
            "POST",
            "/mcp",
            &[("Content-Length", ""), ("Transfer-Encoding", "chunked")],
            chunked.as_bytes(),
        ),
        server.request_bytes("GET", "/healthz", &[], b""),
        server.request_bytes(
            "OPTIONS",
            "/mcp",
            &[("Origin", "http://localhost"), ("Access-Control-Request-Method", "POST")],
            b"",
        ),
        server.request_bytes("DELETE", "/mcp", &[("Mcp-Session-Id", "x")], b""),
    ];
    let mut rng = Rng::with_seed(seed());
    let mut reached = Reached::default();
    for _ in 0..cases(2_000) {
        let valid = &requests[rng.usize(0..requests.len())];
        let request = mutate::bytes(&mut rng, valid, &PIECES);
        let shown = || String::from_utf8_lossy(&request).into_owned();
        let mut stream = server.connect();
        drop(stream.write_all(&request));
        let mut responses = Vec::new();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        if stream.read_to_end(&mut responses).is_err() {
            // The server waits for the rest of the request, which will never arrive.
            reached.count("incomplete");
            stream.set_read_timeout(Some(MAX_WAIT)).unwrap();
            drop(stream.shutdown(std::net::Shutdown::Write));
            drop(stream.read_to_end(&mut responses));
        }
        if responses.is_empty() {
            reached.count("no response");
            continue;
        }
        let head = String::from_utf8_lossy(&responses).into_owned();
        let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).unwrap_or_default();
        assert!(matches!(status.as_bytes(), [b'1'..=b'4', ..]), "{} was answered by {head}", shown());
        reached.count(status);
    }
    check_alive(&server);
    reached.check(&[("200", 100), ("400", 300), ("403", 5), ("404", 5), ("405", 5), ("415", 5)]);
}
