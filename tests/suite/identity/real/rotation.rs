//! Key rotation and outages of the issuer. The commands `rotate`, `down` and `up` control the authorization server.
//! After a rotation with `keep`, the authorization server still publishes its old keys.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::json;

use super::authorization_server::{AuthorizationServer, Format, Protected};

const READ: &[&str] = &["specimen:read"];

#[test]
fn every_algorithm_of_the_issuer_is_accepted() {
    let issuer = AuthorizationServer::start(&[]);
    for alg in ["RS256", "PS256", "ES256", "ES384", "EdDSA"] {
        let server = Protected::start(&issuer, Format::Jwt(alg));
        let reply = server.measure(&issuer.token(&server.resource, READ));
        assert_eq!(reply.status, 200, "{alg}: {reply:?}");
    }
}

/// Tokens of the old keys, which the issuer still publishes, and tokens of the new keys are accepted all the time.
#[test]
fn keys_rotate_under_load_without_failures() {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Jwt("RS256"));
    let (calls, calls_after, rotated) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let call = |token: &str| {
        let reply = server.measure(token);
        assert_eq!(reply.status, 200, "{reply:?}\n{}", server.http.stderr.text());
        calls.fetch_add(1, Ordering::Relaxed);
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let kept = issuer.token(&server.resource, READ);
                while calls_after.load(Ordering::Relaxed) < 40 {
                    // Only a token issued after the rotation is certainly signed by a new key.
                    let is_new = rotated.load(Ordering::Relaxed);
                    call(&issuer.token(&server.resource, READ));
                    call(&kept);
                    calls_after.fetch_add(u64::from(is_new), Ordering::Relaxed);
                }
            });
        }
        while calls.load(Ordering::Relaxed) < 40 {
            std::thread::yield_now();
        }
        issuer.control("rotate", &json!({ "keep": true }));
        rotated.store(true, Ordering::Relaxed);
    });
    // One fetch for the first token and one for the first token with a new key.
    assert_eq!(issuer.count("/jwks"), 2);
}

/// The issuer no longer publishes the old keys, so their tokens become invalid, even those that were used before.
#[test]
fn tokens_of_withdrawn_keys_are_refused() {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Jwt("ES256"));
    let token = || issuer.token(&server.resource, READ);
    let (used, unused) = (token(), token());
    assert_eq!(server.measure(&used).status, 200);
    issuer.control("rotate", &json!({ "keep": false }));
    // A token with the new key makes the server fetch the keys.
    assert_eq!(server.measure(&token()).status, 200);
    for old in [used, unused] {
        let reply = server.measure(&old);
        assert_eq!(reply.status, 401, "{reply:?}");
    }
}

/// After a second rotation, tokens with the new key cause no fetch, because the last fetch for an unknown key was less
/// than 30 s ago.
#[test]
fn rapid_rotation_causes_no_further_fetches() {
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

/// Tokens with a cached key are accepted; a token with an unknown key gets a 503.
#[test]
fn cached_keys_verify_tokens_while_the_issuer_is_down() {
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

#[test]
fn server_starts_while_its_issuer_is_down() {
    let issuer = AuthorizationServer::start(&[]);
    issuer.control("down", &json!({}));
    let server = Protected::start(&issuer, Format::Jwt("RS256"));
    let token = issuer.token(&server.resource, READ);
    assert_eq!(server.measure(&token).status, 503);
    issuer.control("up", &json!({}));
    let begun = std::time::Instant::now();
    while server.measure(&token).status != 200 {
        assert!(begun.elapsed() < crate::harness::MAX_WAIT * 2, "{}", server.http.stderr.text());
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

/// If an issuer is down, tokens of other issuers are still verified.
#[test]
fn issuers_fail_independently() {
    let (jwts, opaque) = (AuthorizationServer::start(&[]), AuthorizationServer::start(&[]));
    let server = Protected::start_by(&[(&jwts, Format::Jwt("ES256")), (&opaque, Format::Opaque)]);
    let status = |issuer: &AuthorizationServer| server.measure(&issuer.token(&server.resource, READ)).status;
    assert_eq!((status(&jwts), status(&opaque)), (200, 200));
    opaque.control("down", &json!({}));
    assert_eq!((status(&jwts), status(&opaque)), (200, 503));
}

#[test]
fn unconfigured_issuer_is_refused_and_not_contacted() {
    let (issuer, unconfigured) = (AuthorizationServer::start(&[]), AuthorizationServer::start(&[]));
    let server = Protected::start(&issuer, Format::Jwt("RS256"));
    assert_eq!(server.measure(&issuer.token(&server.resource, READ)).status, 200);
    let reply = server.measure(&unconfigured.token(&server.resource, READ));
    assert_eq!(reply.status, 401, "{reply:?}");
    assert_eq!(unconfigured.control("counts", &json!({})), json!({}));
}
