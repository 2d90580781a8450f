//! Protected resource metadata (RFC 9728) and challenges to unauthenticated requests.

use std::{io::Write as _, process::Command};

use serde_json::{Value, json};

use super::{
    Bearer, METADATA, Pair, challenge,
    issuer::{Answer, Issuer, RESOURCE},
    issuer_keys, measure, succeeded,
};
use crate::harness::{HttpServer, Reply, SPECIMEN};

/// Paths of the metadata of a resource with the path `/mcp`: without that path, and with it.
const PATHS: [&str; 2] =
    ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"];
/// Scopes of the read-only tools. The challenge to a request without a valid token requests them.
const FIRST_SCOPES: &str = "specimen:admin specimen:read";

/// Metadata document at this path.
fn document(server: &HttpServer, path: &str) -> Value {
    let reply = server.send("GET", path, &[], b"");
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")), "{reply:?}");
    reply.json()
}

#[test]
fn metadata_names_the_resource_and_its_issuers() {
    let pair = Pair::start();
    for path in PATHS {
        let expected = json!({
            "resource": RESOURCE,
            "authorization_servers": [pair.issuer.url],
            "bearer_methods_supported": ["header"],
            "scopes_supported":
                ["specimen:admin", "specimen:destroy", "specimen:purge", "specimen:read"],
            "resource_name": "specimen",
        });
        assert_eq!(document(&pair.server, path), expected);
    }
}

/// RFC 9728 §3.1 appends the path of the resource to the well-known path. A proxy in front of the server may keep,
/// change or remove the appended path, so the server also answers without it and with `/mcp`.
#[test]
fn metadata_is_served_at_every_well_known_path() {
    let issuer = Issuer::start(&issuer_keys());
    let resource = "https://tools.example.com/north/mcp";
    let server = HttpServer::start(
        &["--oauth-issuer", &issuer.url, "--oauth-issuer", "https://as.example.com"]
            .into_iter()
            // A proxy may replace the path, so a server with a trusted proxy accepts any path, not only `/mcp`.
            .chain(["--oauth-resource", resource, "--trusted-proxy", "127.0.0.1"])
            .collect::<Vec<_>>(),
    );
    for path in PATHS.into_iter().chain(["/.well-known/oauth-protected-resource/north/mcp"]) {
        let found = document(&server, path);
        assert_eq!(found["resource"], resource);
        assert_eq!(found["authorization_servers"], json!([issuer.url, "https://as.example.com"]));
    }
    for path in ["/.well-known/oauth-protected-resource/south", "/.well-known/oauth-authorization-server"] {
        assert_eq!(server.send("GET", path, &[], b"").status, 404, "{path}");
    }
    let named = challenge(&server.post(&[], &measure()))["resource_metadata"].clone();
    assert_eq!(named, "https://tools.example.com/.well-known/oauth-protected-resource/north/mcp");
    // The host of the resource is allowed without a further setting.
    let token = issuer.token_with(json!({ "aud": resource }));
    let reply = Bearer::new(&server, &token).send(&[("Host", "tools.example.com")], &measure());
    assert!(succeeded(&reply), "{reply:?}");
    assert_eq!(server.post(&[("Host", "evil.example.com")], &measure()).status, 403);
}

#[test]
fn metadata_is_readable_by_any_origin_without_a_token() {
    let pair = Pair::start();
    for headers in [
        &[][..],
        &[("Origin", "https://evil.example")],
        &[("Origin", "null"), ("Authorization", "Bearer nonsense")],
    ] {
        for path in PATHS {
            let reply = pair.server.send("GET", path, headers, b"");
            assert_eq!(
                (reply.status, reply.header("access-control-allow-origin")),
                (200, Some("*")),
                "{reply:?}"
            );
            assert!(reply.header("www-authenticate").is_none());
        }
    }
    // Clients send their protocol version with this request, so browsers send a preflight.
    let preflight = [
        ("Origin", "https://app.example.com"),
        ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Headers", "mcp-protocol-version"),
    ];
    let reply = pair.server.send("OPTIONS", PATHS[1], &preflight, b"");
    assert!((200..300).contains(&reply.status), "{reply:?}");
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    assert!(reply.header("access-control-allow-headers").is_some(), "{reply:?}");
}

#[test]
fn server_without_authorization_has_no_metadata() {
    let server = HttpServer::start(&[]);
    for path in PATHS {
        assert_eq!(server.send("GET", path, &[], b"").status, 404);
    }
    assert!(succeeded(&server.post(&[], &measure())));
}

/// Sends requests of every kind, with this token if any, and returns their names and responses. `modern` requests are
/// those of 2026-07-28.
fn requests(server: &HttpServer, token: Option<&str>) -> Vec<(String, Reply)> {
    let authorization = token.map(|token| format!("Bearer {token}")).unwrap_or_default();
    let auth = [("Authorization", authorization.as_str())];
    let mut replies = Vec::new();
    for method in ["initialize", "tools/list", "tools/call", "server/discover", "ping", "prompts/list", "a/b"]
    {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": {} });
        replies.push((method.to_owned(), server.post(&auth, &message)));
        let modern = server.modern(method, json!({}), json!({}), &auth);
        replies.push((format!("{method}, modern"), modern));
    }
    for method in ["notifications/initialized", "notifications/cancelled"] {
        let message =
            json!({ "jsonrpc": "2.0", "method": method, "params": { "requestId": 1, "reason": "x" } });
        replies.push((method.to_owned(), server.post(&auth, &message)));
    }
    let session = [auth[0], ("Mcp-Session-Id", "00000000-0000-0000-0000-000000000000")];
    replies.push(("into a session".to_owned(), server.post(&session, &measure())));
    let events = [auth[0], ("Accept", "text/event-stream")];
    replies.push(("GET".to_owned(), server.send("GET", "/mcp", &events, b"")));
    replies.push(("DELETE".to_owned(), server.send("DELETE", "/mcp", &session, b"")));
    replies.push(("PUT".to_owned(), server.send("PUT", "/mcp", &auth, b"{}")));
    replies.push(("OPTIONS without an origin".to_owned(), server.send("OPTIONS", "/mcp", &auth, b"")));
    for (name, body) in [("no JSON", "{"), ("a batch", "[]"), ("nothing", ""), ("a NUL", "\u{0}")] {
        replies.push((name.to_owned(), server.send("POST", "/mcp", &auth, body.as_bytes())));
    }
    let text = [auth[0], ("Content-Type", "text/plain")];
    replies.push(("plain text".to_owned(), server.send("POST", "/mcp", &text, b"hello")));
    let huge = vec![b' '; 6_000_000];
    replies.push(("an oversized body".to_owned(), server.send("POST", "/mcp", &auth, &huge)));
    replies
}

#[test]
fn request_without_a_token_is_challenged() {
    for arguments in [&[][..], &["--legacy-sessions", "4"]] {
        let pair = Pair::with(Issuer::start(&issuer_keys()), arguments);
        for (name, reply) in requests(&pair.server, None) {
            assert_eq!(reply.status, 401, "{name}: {reply:?}");
            let expected = json!({ "scope": FIRST_SCOPES, "resource_metadata": METADATA });
            assert_eq!(challenge(&reply), expected, "{name}");
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{name}");
            assert_eq!(reply.json()["error"]["code"], -31_401, "{name}");
            assert!(reply.header("mcp-session-id").is_none(), "{name}");
        }
    }
}

#[test]
fn request_with_an_expired_token_is_refused() {
    let pair = Pair::start();
    let expired = pair.issuer.token_with(json!({ "exp": super::issuer::now() - 60 }));
    for (name, reply) in requests(&pair.server, Some(&expired)) {
        assert_eq!(reply.status, 401, "{name}: {reply:?}");
        let expected =
            json!({ "error": "invalid_token", "scope": FIRST_SCOPES, "resource_metadata": METADATA });
        assert_eq!(challenge(&reply), expected, "{name}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{name}");
    }
    // With a valid token, none of these requests gets a 401.
    let refused: Vec<u16> = requests(&pair.server, Some(&pair.issuer.token()))
        .iter()
        .map(|(_, reply)| reply.status)
        .filter(|status| *status == 401)
        .collect();
    assert!(refused.is_empty());
}

#[test]
fn duplicate_authorization_header_is_an_invalid_request() {
    let pair = Pair::start();
    let bearer = format!("Bearer {}", pair.issuer.token());
    let twice = [("Authorization", bearer.as_str()), ("Authorization", bearer.as_str())];
    let reply = pair.server.post(&twice, &measure());
    let expected =
        json!({ "error": "invalid_request", "scope": FIRST_SCOPES, "resource_metadata": METADATA });
    assert_eq!((reply.status, challenge(&reply)), (400, expected));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

#[test]
fn unreachable_issuer_causes_a_503_without_a_challenge() {
    let issuer = Issuer::start(&issuer_keys());
    issuer.set_metadata(Answer::Status(500));
    let pair = Pair::with(issuer, &[]);
    let reply = Bearer::new(&pair.server, &pair.issuer.token()).send(&[], &measure());
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (503, &json!(-31_503)), "{reply:?}");
    assert!(reply.header("retry-after").is_some() && reply.header("www-authenticate").is_none());
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

#[test]
fn unauthenticated_expect_100_continue_is_refused_before_its_body() {
    let pair = Pair::start();
    let headers = [("Content-Length", "4000000"), ("Expect", "100-continue")];
    let mut stream = pair.server.connect();
    stream.write_all(&pair.server.request_bytes("POST", "/mcp", &headers, b"")).unwrap();
    let reply = Reply::read(stream);
    assert_eq!(reply.status, 401, "the server must refuse without `100 Continue`: {reply:?}");
}

/// Bodies above 64 KiB share 8 MiB of memory, which unauthenticated requests must not use. The eight requests of this
/// test announce 4 MB each.
#[test]
fn unauthenticated_bodies_use_no_body_memory() {
    let pair = Pair::start();
    let headers = [("Content-Length", "4000000")];
    // The beginning of a request: the body is shorter than announced.
    let begun = pair.server.request_bytes("POST", "/mcp", &headers, &[b' '; 200_000]);
    let unauthenticated: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = pair.server.connect();
            stream.write_all(&begun).unwrap();
            stream
        })
        .collect();
    let text = "x".repeat(3_000_000);
    let holder = pair.with_scopes("");
    let reply = holder.call("holds", json!({ "text": text, "milliseconds": 0 }));
    assert_eq!(reply.status, 200, "{reply:?}");
    drop(unauthenticated);
}

#[test]
fn allowed_origin_can_preflight_and_read_the_challenge() {
    let origin = "https://app.example.com";
    let pair = Pair::with(Issuer::start(&issuer_keys()), &["--allowed-origin", origin]);
    let preflight = [
        ("Origin", origin),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization, content-type, mcp-protocol-version"),
    ];
    let reply = pair.server.send("OPTIONS", "/mcp", &preflight, b"");
    assert_eq!((reply.status, reply.header("www-authenticate")), (204, None), "{reply:?}");
    assert_eq!(reply.header("access-control-allow-origin"), Some(origin));
    assert!(reply.header("access-control-allow-headers").unwrap().contains("authorization"));

    let from_page = [("Origin", origin)];
    for reply in [
        pair.server.post(&from_page, &measure()),
        Bearer::new(&pair.server, "a.b.c").send(&from_page, &measure()),
        pair.with_scopes("").send(&from_page, &measure()),
    ] {
        assert!(matches!(reply.status, 401 | 403) && reply.header("www-authenticate").is_some(), "{reply:?}");
        assert_eq!(reply.header("access-control-allow-origin"), Some(origin));
        let exposed = reply.header("access-control-expose-headers").unwrap();
        assert!(exposed.split(", ").any(|name| name == "www-authenticate"), "{exposed}");
    }
    let foreign = pair.with_scopes("specimen:read").send(&[("Origin", "https://evil.example")], &measure());
    assert_eq!((foreign.status, foreign.header("access-control-allow-origin")), (403, None));
}

#[test]
fn health_checks_need_no_token() {
    let pair = Pair::start();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(pair.server.send("GET", path, &[], b"").status, 200, "{path}");
    }
}

#[test]
fn tokens_do_not_apply_to_stdio() {
    let output = Command::new(SPECIMEN)
        .args(["serve", "--stdio", "--oauth-issuer", "https://as.example.com"])
        .args(["--oauth-resource", "https://mcp.example.com/mcp"])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && stderr.contains("stdio has no tokens"), "{stderr}");
}
