//! What a server says of itself to those who want in, and what it says to those who aren't let in.

use std::{io::Write as _, process::Command};

use serde_json::{Value, json};

use super::{
    Bearer, METADATA, Pair, challenge,
    issuer::{Answer, Issuer, RESOURCE},
    known, measure, opened,
};
use crate::harness::{HttpServer, Reply, SPECIMEN};

const PLACES: [&str; 2] =
    ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"];
/// The scopes of tools that only read.
const FIRST: &str = "specimen:admin specimen:read";

fn document(server: &HttpServer, path: &str) -> Value {
    let reply = server.send("GET", path, &[], b"");
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")), "{reply:?}");
    reply.json()
}

#[test]
fn a_server_says_whose_tokens_it_takes() {
    let pair = Pair::start();
    for path in PLACES {
        let wanted = json!({
            "resource": RESOURCE,
            "authorization_servers": [pair.issuer.url],
            "bearer_methods_supported": ["header"],
            "scopes_supported":
                ["specimen:admin", "specimen:destroy", "specimen:purge", "specimen:read"],
            "resource_name": "specimen",
        });
        assert_eq!(document(&pair.server, path), wanted);
    }
}

/// RFC 9728 §3.1 puts the resource's own path behind the well-known one; a proxy may keep it or take it off.
#[test]
fn it_stands_where_clients_look_for_it() {
    let issuer = Issuer::start(&known());
    let resource = "https://tools.example.com/north/mcp";
    let server = HttpServer::start(
        &["--oauth-issuer", &issuer.url, "--oauth-issuer", "https://as.example.com"]
            .into_iter()
            .chain(["--oauth-resource", resource])
            .collect::<Vec<_>>(),
    );
    for path in PLACES.into_iter().chain(["/.well-known/oauth-protected-resource/north/mcp"]) {
        let found = document(&server, path);
        assert_eq!(found["resource"], resource);
        assert_eq!(found["authorization_servers"], json!([issuer.url, "https://as.example.com"]));
    }
    for path in ["/.well-known/oauth-protected-resource/south", "/.well-known/oauth-authorization-server"] {
        assert_eq!(server.send("GET", path, &[], b"").status, 404, "{path}");
    }
    let named = challenge(&server.post(&[], &measure()))["resource_metadata"].clone();
    assert_eq!(named, "https://tools.example.com/.well-known/oauth-protected-resource/north/mcp");
    // By its own name it is reached without a setting more, and its tokens open it.
    let token = issuer.token_with(json!({ "aud": resource }));
    let reply = Bearer::new(&server, &token).send(&[("Host", "tools.example.com")], &measure());
    assert!(opened(&reply), "{reply:?}");
    assert_eq!(server.post(&[("Host", "evil.example.com")], &measure()).status, 403);
}

#[test]
fn any_page_may_read_it_and_nobody_needs_a_token_for_it() {
    let pair = Pair::start();
    for headers in [
        &[][..],
        &[("Origin", "https://evil.example")],
        &[("Origin", "null"), ("Authorization", "Bearer nonsense")],
    ] {
        for path in PLACES {
            let reply = pair.server.send("GET", path, headers, b"");
            assert_eq!(
                (reply.status, reply.header("access-control-allow-origin")),
                (200, Some("*")),
                "{reply:?}"
            );
            assert!(reply.header("www-authenticate").is_none());
        }
    }
    // Clients name their version of the protocol when they ask for it, and browsers ask beforehand.
    let asked = [
        ("Origin", "https://app.example.com"),
        ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Headers", "mcp-protocol-version"),
    ];
    let reply = pair.server.send("OPTIONS", PLACES[1], &asked, b"");
    assert!((200..300).contains(&reply.status), "{reply:?}");
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    assert!(reply.header("access-control-allow-headers").is_some(), "{reply:?}");
}

#[test]
fn without_authorization_there_is_none() {
    let server = HttpServer::start(&[]);
    for path in PLACES {
        assert_eq!(server.send("GET", path, &[], b"").status, 404);
    }
    assert!(opened(&server.post(&[], &measure())));
}

/// Requests of every kind, to a server with sessions or without.
fn requests(server: &HttpServer, token: Option<&str>) -> Vec<(String, Reply)> {
    let authorization = token.map(|token| format!("Bearer {token}")).unwrap_or_default();
    let own = [("Authorization", authorization.as_str())];
    let mut replies = Vec::new();
    for method in ["initialize", "tools/list", "tools/call", "server/discover", "ping", "prompts/list", "a/b"]
    {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": {} });
        replies.push((method.to_owned(), server.post(&own, &message)));
        let modern = server.modern(method, json!({}), json!({}), &own);
        replies.push((format!("{method}, modern"), modern));
    }
    for method in ["notifications/initialized", "notifications/cancelled"] {
        let message =
            json!({ "jsonrpc": "2.0", "method": method, "params": { "requestId": 1, "reason": "x" } });
        replies.push((method.to_owned(), server.post(&own, &message)));
    }
    let session = [own[0], ("Mcp-Session-Id", "00000000-0000-0000-0000-000000000000")];
    replies.push(("into a session".to_owned(), server.post(&session, &measure())));
    let events = [own[0], ("Accept", "text/event-stream")];
    replies.push(("GET".to_owned(), server.send("GET", "/mcp", &events, b"")));
    replies.push(("DELETE".to_owned(), server.send("DELETE", "/mcp", &session, b"")));
    replies.push(("PUT".to_owned(), server.send("PUT", "/mcp", &own, b"{}")));
    replies.push(("OPTIONS of nobody".to_owned(), server.send("OPTIONS", "/mcp", &own, b"")));
    for (name, body) in [("no JSON", "{"), ("a batch", "[]"), ("nothing", ""), ("no UTF-8", "\u{0}")] {
        replies.push((name.to_owned(), server.send("POST", "/mcp", &own, body.as_bytes())));
    }
    let text = [own[0], ("Content-Type", "text/plain")];
    replies.push(("plain text".to_owned(), server.send("POST", "/mcp", &text, b"hello")));
    let huge = vec![b' '; 6_000_000];
    replies.push(("an oversized body".to_owned(), server.send("POST", "/mcp", &own, &huge)));
    replies
}

#[test]
fn every_request_without_a_token_is_asked_for_one() {
    for arguments in [&[][..], &["--legacy-sessions", "4"]] {
        let pair = Pair::with(Issuer::start(&known()), arguments);
        for (name, reply) in requests(&pair.server, None) {
            assert_eq!(reply.status, 401, "{name}: {reply:?}");
            let wanted = json!({ "scope": FIRST, "resource_metadata": METADATA });
            assert_eq!(challenge(&reply), wanted, "{name}");
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{name}");
            assert_eq!(reply.json()["error"]["code"], -31_401, "{name}");
            assert!(reply.header("mcp-session-id").is_none(), "{name}");
        }
    }
}

#[test]
fn every_request_with_a_bad_token_is_refused() {
    let pair = Pair::start();
    let expired = pair.issuer.token_with(json!({ "exp": super::issuer::now() - 60 }));
    for (name, reply) in requests(&pair.server, Some(&expired)) {
        assert_eq!(reply.status, 401, "{name}: {reply:?}");
        let wanted = json!({ "error": "invalid_token", "scope": FIRST, "resource_metadata": METADATA });
        assert_eq!(challenge(&reply), wanted, "{name}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{name}");
    }
    // With a good one each of them gets what it got without authorization.
    let statuses: Vec<u16> = requests(&pair.server, Some(&pair.issuer.token()))
        .iter()
        .map(|(_, reply)| reply.status)
        .filter(|status| *status == 401)
        .collect();
    assert!(statuses.is_empty());
}

#[test]
fn a_malformed_request_is_told_apart() {
    let pair = Pair::start();
    let bearer = format!("Bearer {}", pair.issuer.token());
    let twice = [("Authorization", bearer.as_str()), ("Authorization", bearer.as_str())];
    let reply = pair.server.post(&twice, &measure());
    let wanted = json!({ "error": "invalid_request", "scope": FIRST, "resource_metadata": METADATA });
    assert_eq!((reply.status, challenge(&reply)), (400, wanted));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

#[test]
fn an_issuer_that_can_not_be_asked_is_no_fault_of_the_tokens() {
    let issuer = Issuer::start(&known());
    issuer.set_metadata(Answer::Status(500));
    let pair = Pair::with(issuer, &[]);
    let reply = Bearer::new(&pair.server, &pair.issuer.token()).send(&[], &measure());
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (503, &json!(-31_503)), "{reply:?}");
    assert!(reply.header("retry-after").is_some() && reply.header("www-authenticate").is_none());
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

#[test]
fn who_waits_for_leave_to_send_is_refused_before_it_has_sent() {
    let pair = Pair::start();
    let headers = [("Content-Length", "4000000"), ("Expect", "100-continue")];
    let mut stream = pair.server.connect();
    stream.write_all(&pair.server.message("POST", "/mcp", &headers, b"")).unwrap();
    let reply = Reply::read(stream);
    assert_eq!(reply.status, 401, "and no leave before it: {reply:?}");
}

/// Large bodies share their room, and those who sent no token hold none of it, however slowly they send.
#[test]
fn a_body_without_a_token_takes_no_room() {
    let pair = Pair::start();
    let headers = [("Content-Length", "4000000")];
    let begun = pair.server.message("POST", "/mcp", &headers, &[b' '; 200_000]);
    let strangers: Vec<_> = (0..8)
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
    drop(strangers);
}

#[test]
fn a_page_may_ask_beforehand_and_read_what_it_is_refused_by() {
    let origin = "https://app.example.com";
    let pair = Pair::with(Issuer::start(&known()), &["--allowed-origin", origin]);
    let asked = [
        ("Origin", origin),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization, content-type, mcp-protocol-version"),
    ];
    let reply = pair.server.send("OPTIONS", "/mcp", &asked, b"");
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
fn who_watches_over_a_server_needs_no_token() {
    let pair = Pair::start();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(pair.server.send("GET", path, &[], b"").status, 200, "{path}");
    }
}

/// What a model of the specimen asks for at first is in its challenge; over stdio nobody is challenged.
#[test]
fn over_stdio_there_are_no_tokens() {
    let output = Command::new(SPECIMEN)
        .args(["serve", "--stdio", "--oauth-issuer", "https://as.example.com"])
        .args(["--oauth-resource", "https://mcp.example.com/mcp"])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("over stdio there are no tokens"), "{said}");
}
