//! Keys of the issuer's that turn while calls are made.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::json;

use super::authorization_server::{AuthorizationServer, Format, Protected};

const READ: &[&str] = &["specimen:read"];

#[test]
fn every_algorithm_of_the_issuers() {
    let issuer = AuthorizationServer::start(&[]);
    for alg in ["RS256", "PS256", "ES256", "ES384", "EdDSA"] {
        let server = Protected::start(&issuer, Format::Jwt(alg));
        let reply = server.measure(&issuer.token(&server.resource, READ));
        assert_eq!(reply.status, 200, "{alg}: {reply:?}");
    }
}

/// New keys beside the old ones: nobody notices.
#[test]
fn keys_that_turn_under_load() {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Jwt("RS256"));
    let (calls, after, turned) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let call = |token: &str| {
        let reply = server.measure(token);
        assert_eq!(reply.status, 200, "{reply:?}\n{}", server.http.stderr.text());
        calls.fetch_add(1, Ordering::Relaxed);
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let kept = issuer.token(&server.resource, READ);
                while after.load(Ordering::Relaxed) < 40 {
                    // Whether it is signed by a new key is known only when the keys had turned before.
                    let new = turned.load(Ordering::Relaxed);
                    call(&issuer.token(&server.resource, READ));
                    call(&kept);
                    after.fetch_add(u64::from(new), Ordering::Relaxed);
                }
            });
        }
        while calls.load(Ordering::Relaxed) < 40 {
            std::thread::yield_now();
        }
        issuer.control("rotate", &json!({ "keep": true }));
        turned.store(true, Ordering::Relaxed);
    });
    // The keys were fetched at first, and once more for all who came with the new one.
    assert_eq!(issuer.count("/jwks"), 2);
}

/// New keys in the place of the old ones: what the old ones signed is worth nothing.
#[test]
fn keys_that_are_withdrawn() {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Jwt("ES256"));
    let token = || issuer.token(&server.resource, READ);
    let (used, unused) = (token(), token());
    assert_eq!(server.measure(&used).status, 200);
    issuer.control("rotate", &json!({ "keep": false }));
    // Whoever comes with the new key has the server look.
    assert_eq!(server.measure(&token()).status, 200);
    for old in [used, unused] {
        let reply = server.measure(&old);
        assert_eq!(reply.status, 401, "{reply:?}");
    }
}

/// Keys that nobody knows don't make the server ask again and again.
#[test]
fn keys_that_turn_too_soon() {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Jwt("EdDSA"));
    let status = || server.measure(&issuer.token(&server.resource, READ)).status;
    assert_eq!(status(), 200);
    issuer.control("rotate", &json!({ "keep": false }));
    assert_eq!((status(), issuer.count("/jwks")), (200, 2));
    issuer.control("rotate", &json!({ "keep": false }));
    for _ in 0..10 {
        assert_ne!(status(), 200);
    }
    assert_eq!(issuer.count("/jwks"), 2);
}

/// Keys that are known go on being good while the issuer can't be asked; a key that isn't known can't be.
#[test]
fn keys_while_the_issuer_is_down() {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Jwt("RS256"));
    let token = || issuer.token(&server.resource, READ);
    assert_eq!(server.measure(&token()).status, 200);
    issuer.control("down", &json!({}));
    assert_eq!(server.measure(&token()).status, 200);
    issuer.control("rotate", &json!({ "keep": true }));
    let new = token();
    let reply = server.measure(&new);
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(reply.header("retry-after").is_some(), "{reply:?}");
}

/// A server starts whether or not its issuer answers, and goes to work when it does.
#[test]
fn an_issuer_that_comes_later() {
    let issuer = AuthorizationServer::start(&[]);
    issuer.control("down", &json!({}));
    let server = Protected::start(&issuer, Format::Jwt("RS256"));
    let token = issuer.token(&server.resource, READ);
    assert_eq!(server.measure(&token).status, 503);
    issuer.control("up", &json!({}));
    let begun = std::time::Instant::now();
    while server.measure(&token).status != 200 {
        assert!(begun.elapsed() < crate::harness::PATIENCE * 2, "{}", server.http.stderr.text());
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

/// Each issuer speaks for its own tokens, and one that is down takes none of the others along.
#[test]
fn two_issuers() {
    let (jwts, opaque) = (AuthorizationServer::start(&[]), AuthorizationServer::start(&[]));
    let server = Protected::start_by(&[(&jwts, Format::Jwt("ES256")), (&opaque, Format::Opaque)]);
    let status = |issuer: &AuthorizationServer| server.measure(&issuer.token(&server.resource, READ)).status;
    assert_eq!((status(&jwts), status(&opaque)), (200, 200));
    opaque.control("down", &json!({}));
    assert_eq!((status(&jwts), status(&opaque)), (200, 503));
}

/// An issuer that nobody named speaks for nobody, and isn't even asked.
#[test]
fn an_issuer_that_nobody_named() {
    let (issuer, stranger) = (AuthorizationServer::start(&[]), AuthorizationServer::start(&[]));
    let server = Protected::start(&issuer, Format::Jwt("RS256"));
    assert_eq!(server.measure(&issuer.token(&server.resource, READ)).status, 200);
    let reply = server.measure(&stranger.token(&server.resource, READ));
    assert_eq!(reply.status, 401, "{reply:?}");
    assert_eq!(stranger.control("counts", &json!({})), json!({}));
}
