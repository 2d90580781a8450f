//! Opaque tokens, verified by introspection.

use std::time::{Duration, Instant};

use serde_json::json;

use super::authorization_server::{AuthorizationServer, Format, Protected};

const READ: &[&str] = &["specimen:read"];
const INTROSPECTION: &str = "/token/introspection";

/// Starts an authorization server that issues opaque tokens, and a server that trusts it.
fn start() -> (AuthorizationServer, Protected) {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Opaque);
    (issuer, server)
}

#[test]
fn token_revoked_before_its_first_use_is_refused() {
    let (issuer, server) = start();
    let token = issuer.token(&server.resource, READ);
    issuer.revoke(&token);
    let reply = server.measure(&token);
    assert_eq!(reply.status, 401, "{reply:?}");
    assert!(reply.header("www-authenticate").unwrap().contains("error=\"invalid_token\""), "{reply:?}");
}

/// An introspection response is cached for at most 30 s.
#[test]
fn token_revoked_after_its_first_use_is_refused_within_the_cache_time() {
    let (issuer, server) = start();
    let token = issuer.token(&server.resource, READ);
    for _ in 0..10 {
        assert_eq!(server.measure(&token).status, 200);
    }
    assert_eq!(issuer.count(INTROSPECTION), 1);
    issuer.revoke(&token);
    let revoked = Instant::now();
    while server.measure(&token).status == 200 {
        assert!(revoked.elapsed() < Duration::from_secs(35), "the token is still accepted");
        std::thread::sleep(Duration::from_millis(250));
    }
    assert_eq!(server.measure(&token).status, 401);
    assert!(issuer.count(INTROSPECTION) >= 2);
}

#[test]
fn uncached_token_gets_503_while_the_issuer_is_down() {
    let (issuer, server) = start();
    let (cached, uncached) = (issuer.token(&server.resource, READ), issuer.token(&server.resource, READ));
    assert_eq!(server.measure(&cached).status, 200);
    issuer.control("down", &json!({}));
    // The response for `cached` is still used. `uncached` gets a 503, because it may be valid.
    assert_eq!(server.measure(&cached).status, 200);
    let reply = server.measure(&uncached);
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(!reply.body.contains("specimen"), "{reply:?}");
    issuer.control("up", &json!({}));
    let begun = Instant::now();
    while server.measure(&uncached).status != 200 {
        assert!(begun.elapsed() < crate::harness::MAX_WAIT, "{}", server.http.stderr.text());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Introspection reports a token as active even if it is for another resource.
#[test]
fn active_token_for_another_resource_is_refused() {
    let (issuer, server) = start();
    let elsewhere = "http://127.0.0.1:1/mcp";
    issuer.control("resource", &json!({ "resource": elsewhere, "format": "opaque" }));
    let reply = server.measure(&issuer.token(elsewhere, READ));
    assert_eq!(reply.status, 401, "{reply:?}");
    assert_eq!(issuer.count(INTROSPECTION), 1);
}

#[test]
fn token_without_the_scope_is_refused() {
    let (issuer, server) = start();
    let reply = server.measure(&issuer.token(&server.resource, &["specimen:admin"]));
    assert_eq!(reply.status, 403, "{reply:?}");
    let challenge = reply.header("www-authenticate").unwrap();
    assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
    assert!(challenge.contains("specimen:read"), "{challenge}");
}

#[test]
fn unknown_token_is_refused() {
    let (_issuer, server) = start();
    assert_eq!(server.measure("nobodys").status, 401);
}
