//! Key sets: unusable keys and key rotation.
//!
//! A [`Pair`] is a server and the issuer that it trusts. `sign` returns a token with a valid signature of a key, and
//! `sealed` a token with the signature that a closure computes. `refusal(…).unwrap()` asserts a 401 with
//! `invalid_token`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    super::{
        issuer::{Answer, Issuer, sealed, sign},
        keys::{KEYS, Key, base64url, hs256},
    },
    Pair, is_undecided, refusal, succeeded,
};
use crate::harness::{MAX_WAIT, Reply, until};

/// A token signed by `key` with this `kid`.
fn signed_by(pair: &Pair, key: &Key, alg: &str, kid: &str) -> String {
    sign(key, alg, pair.issuer.header(alg, kid).to_string(), pair.issuer.claims().to_string())
}

/// A server whose issuer has these keys in addition to the valid key `rsa`.
fn with_keys(keys: &[Value]) -> Pair {
    let good = KEYS.rsa.jwk();
    let all = [&[good], keys].concat();
    Pair::with(Issuer::start_with(json!({ "keys": all })), &[])
}

#[test]
fn key_restrictions_in_the_key_set_are_enforced() {
    // Each `kid` names the restriction or the wrong member of its key.
    let keys = [
        KEYS.rsa3072.jwk_with(json!({ "kid": "encrypts", "use": "enc" })),
        KEYS.rsa3072.jwk_with(json!({ "kid": "other use", "use": 7 })),
        KEYS.rsa3072.jwk_with(json!({ "kid": "wraps", "key_ops": ["encrypt", "wrapKey"] })),
        KEYS.rsa3072.jwk_with(json!({ "kid": "signs", "key_ops": ["sign"] })),
        KEYS.rsa3072.jwk_with(json!({ "kid": "nothing", "key_ops": [] })),
        KEYS.rsa3072.jwk_with(json!({ "kid": "PS256", "alg": "PS256" })),
        KEYS.rsa3072.jwk_with(json!({ "kid": "RSA-OAEP", "alg": "RSA-OAEP" })),
        KEYS.rsa3072.jwk_with(json!({ "kid": "HS256", "alg": "HS256" })),
        KEYS.rsa3072.jwk_with(json!({ "kid": "none", "alg": "none" })),
        KEYS.p256.jwk_with(json!({ "kid": "ES384", "alg": "ES384" })),
        KEYS.p256.jwk_with(json!({ "kid": "RS256", "alg": "RS256" })),
        KEYS.p256.jwk_with(json!({ "kid": "P-384", "crv": "P-384" })),
        KEYS.p256.jwk_with(json!({ "kid": "no curve", "crv": null })),
        KEYS.ed.jwk_with(json!({ "kid": "Ed448", "crv": "Ed448" })),
        KEYS.ed.jwk_with(json!({ "kid": "EC", "kty": "EC" })),
    ];
    let pair = with_keys(&keys);
    let mut attacks = Vec::new();
    for kid in ["encrypts", "other use", "wraps", "signs", "nothing", "PS256", "RSA-OAEP", "HS256", "none"] {
        attacks.push((kid, signed_by(&pair, &KEYS.rsa3072, "RS256", kid)));
    }
    for kid in ["ES384", "RS256", "P-384", "no curve"] {
        attacks.push((kid, signed_by(&pair, &KEYS.p256, "ES256", kid)));
        attacks.push((kid, signed_by(&pair, &KEYS.p256, "ES384", kid)));
    }
    for kid in ["Ed448", "EC"] {
        attacks.push((kid, signed_by(&pair, &KEYS.ed, "EdDSA", kid)));
    }
    pair.assert_refuses(&attacks);
    pair.assert_accepts(&[("the declared algorithm", signed_by(&pair, &KEYS.rsa3072, "PS256", "PS256"))]);
}

#[test]
fn weak_or_unsupported_key_verifies_nothing() {
    let pair = with_keys(&[
        KEYS.rsa1024.jwk(),
        KEYS.p521.jwk(),
        KEYS.k256.jwk(),
        KEYS.p521.jwk_with(json!({ "kid": "p521 as P-256", "crv": "P-256" })),
        KEYS.k256.jwk_with(json!({ "kid": "k256 as P-256", "crv": "P-256" })),
        json!({ "kty": "RSA", "kid": "one", "n": base64url([0xff; 256]), "e": "AQ" }),
        json!({ "kty": "EC", "crv": "P-256", "kid": "off", "x": base64url([1; 32]), "y": base64url([1; 32]) }),
        json!({ "kty": "EC", "crv": "P-256", "kid": "zero", "x": base64url([0; 32]), "y": base64url([0; 32]) }),
    ]);
    let claims = pair.issuer.claims().to_string();
    // With e = 1 a signature equals the padded digest (EMSA-PKCS1-v1_5), which anyone can compute.
    let padded_digest = |message: &[u8]| {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, message);
        let digest_info = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
        [&[0, 1], &[0xff; 202][..], &[0], digest_info, digest.as_ref()].concat()
    };
    pair.assert_refuses(&[
        ("RSA of 1,024 bits", signed_by(&pair, &KEYS.rsa1024, "RS256", "rsa1024")),
        ("P-521", signed_by(&pair, &KEYS.p521, "ES512", "p521")),
        ("P-521 as ES256", signed_by(&pair, &KEYS.p521, "ES256", "p521 as P-256")),
        ("secp256k1", signed_by(&pair, &KEYS.k256, "ES256K", "k256")),
        ("secp256k1 as ES256", signed_by(&pair, &KEYS.k256, "ES256", "k256")),
        ("secp256k1 as P-256", signed_by(&pair, &KEYS.k256, "ES256", "k256 as P-256")),
        ("exponent one", sealed(pair.issuer.header("RS256", "one").to_string(), &claims, padded_digest)),
        ("off the curve", signed_by(&pair, &KEYS.p256, "ES256", "off")),
        ("zero point", sealed(pair.issuer.header("ES256", "zero").to_string(), &claims, |_| vec![0; 64])),
    ]);
}

/// With an Ed25519 point of order 1, 2, 4 or 8 as the key, one constant signature would be valid for every message, or
/// for a large part of all messages.
#[test]
fn small_order_ed25519_key_verifies_nothing() {
    let point = |first: u8, rest: u8, last: u8| [&[first][..], &[rest; 30], &[last]].concat();
    let eighth = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";
    let eighth: Vec<u8> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&eighth[at..at + 2], 16).unwrap()).collect();
    // Little-endian `y` with the sign bit in the last byte. The names are the orders of the points, and `y` for the two
    // encodings that aren't reduced modulo the field prime.
    let points = [
        ("one", point(1, 0, 0)),
        ("one, signed", point(1, 0, 0x80)),
        ("two", point(0xec, 0xff, 0x7f)),
        ("four", point(0, 0, 0)),
        ("four, signed", point(0, 0, 0x80)),
        ("eight", eighth),
        ("y = 0, not reduced", point(0xed, 0xff, 0x7f)),
        ("y = 1, not reduced", point(0xee, 0xff, 0x7f)),
    ];
    let keys: Vec<Value> = points
        .iter()
        .map(|(kid, x)| json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": base64url(x) }))
        .collect();
    let pair = with_keys(&keys);
    let constant = [&[1][..], &[0; 63]].concat();
    let mut attacks = Vec::new();
    for (kid, _) in points {
        // With a point of order above 1, the constant signature is valid only for a part of the messages.
        for number in 0..40 {
            let claims = pair.issuer.claims_with(json!({ "jti": number.to_string() })).to_string();
            let header = pair.issuer.header("EdDSA", kid).to_string();
            attacks.push((kid, sealed(header, claims, |_| constant.clone())));
        }
    }
    pair.assert_refuses(&attacks);
}

#[test]
fn shared_secret_in_a_key_set_verifies_nothing() {
    let secret = [7; 32];
    let pair = with_keys(&[
        json!({ "kty": "oct", "kid": "oct", "alg": "HS256", "k": base64url(secret) }),
        json!({ "kty": "oct", "kid": "unlabelled", "k": base64url(secret) }),
        json!({ "kty": "oct", "kid": "empty", "k": "" }),
    ]);
    let claims = pair.issuer.claims().to_string();
    let mut attacks = Vec::new();
    for kid in ["oct", "unlabelled", "empty"] {
        for alg in ["HS256", "RS256", "none"] {
            let header = pair.issuer.header(alg, kid).to_string();
            attacks.push((kid, sealed(&header, &claims, |message| hs256(&secret, message))));
            attacks.push((kid, sealed(&header, &claims, |message| hs256(b"", message))));
        }
    }
    pair.assert_refuses(&attacks);
}

#[test]
fn kid_shared_by_several_keys_matches_none() {
    let twin = |key: &Key| key.jwk_with(json!({ "kid": "twin" }));
    let pair = with_keys(&[twin(&KEYS.rsa3072), twin(&KEYS.attacker), twin(&KEYS.p256)]);
    pair.assert_refuses(&[
        ("the first", signed_by(&pair, &KEYS.rsa3072, "RS256", "twin")),
        ("the second", signed_by(&pair, &KEYS.attacker, "RS256", "twin")),
        ("of another kind", signed_by(&pair, &KEYS.p256, "ES256", "twin")),
    ]);
}

#[test]
fn token_without_kid_needs_a_single_matching_key() {
    let without_kid = |pair: &Pair, key: &Key, alg: &str| {
        let header = json!({ "alg": alg, "typ": "at+jwt" }).to_string();
        sign(key, alg, header, pair.issuer.claims().to_string())
    };
    // Each algorithm has one key.
    let alone = with_keys(&[KEYS.p256.jwk(), KEYS.p384.jwk(), KEYS.ed.jwk_with(json!({ "kid": null }))]);
    alone.assert_accepts(&[
        ("RSA", without_kid(&alone, &KEYS.rsa, "RS256")),
        ("P-256", without_kid(&alone, &KEYS.p256, "ES256")),
        ("P-384", without_kid(&alone, &KEYS.p384, "ES384")),
        ("a key without `kid`", without_kid(&alone, &KEYS.ed, "EdDSA")),
    ]);
    alone.assert_refuses(&[
        ("of an attacker", without_kid(&alone, &KEYS.attacker, "RS256")),
        ("a `kid` for the key that has none", signed_by(&alone, &KEYS.ed, "EdDSA", "ed")),
    ]);
    // A `kid` that is empty or not a string does not count as absent.
    let misnamed = [json!(null), json!(7), json!(["rsa"]), json!({ "kid": "rsa" }), json!("")].map(|kid| {
        let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid }).to_string();
        ("misnamed", sign(&KEYS.rsa, "RS256", header, alone.issuer.claims().to_string()))
    });
    alone.assert_refuses(&misnamed);
    // RS256 has two keys.
    let several = with_keys(&[KEYS.rsa3072.jwk()]);
    several.assert_refuses(&[
        ("one of two", without_kid(&several, &KEYS.rsa, "RS256")),
        ("the other", without_kid(&several, &KEYS.rsa3072, "RS256")),
    ]);
}

/// After the issuer replaced a key, tokens of the old key are refused, even if the server has cached them as valid.
#[test]
fn replaced_keys_are_fetched_and_old_ones_dropped() {
    let pair = Pair::with(Issuer::start(&[&KEYS.rsa, &KEYS.p256]), &[]);
    let old = pair.issuer.token();
    pair.assert_accepts(&[("the old key", old.clone())]);
    pair.issuer.set_keys(&[KEYS.p256.jwk(), KEYS.ed.jwk()]);
    let begun = Instant::now();
    // An unknown `kid` causes a fetch of the keys, but not right after the previous fetch.
    while !succeeded(&pair.call(&signed_by(&pair, &KEYS.ed, "EdDSA", "ed"))) {
        assert!(begun.elapsed() < 2 * MAX_WAIT, "the new key is not accepted");
        std::thread::sleep(Duration::from_millis(200));
    }
    refusal(&pair.call(&pair.issuer.token_with(json!({ "jti": "another" })))).unwrap();
    refusal(&pair.call(&old)).unwrap();
    pair.assert_accepts(&[("a key that stayed", signed_by(&pair, &KEYS.p256, "ES256", "p256"))]);
}

/// The private key can be computed from a public key with this fingerprint (CVE-2017-15361).
#[test]
fn rsa_key_with_the_roca_fingerprint_is_refused_and_logged() {
    // 65,537 to the 128th, big-endian: a modulus of 2,049 bits with the fingerprint.
    let mut modulus = vec![1_u8];
    for _ in 0..128 {
        let mut product = vec![0_u32; modulus.len() + 2];
        for (at, byte) in modulus.iter().rev().enumerate() {
            product[at] += u32::from(*byte);
            product[at + 2] += u32::from(*byte);
        }
        for at in 0..product.len() - 1 {
            product[at + 1] += product[at] >> 8;
        }
        modulus = product.iter().rev().map(|digit| (digit & 0xff) as u8).collect();
        if modulus[0] == 0 {
            modulus.remove(0);
        }
    }
    assert!(modulus.len() == 257 && modulus[0] == 1, "{}", modulus.len());
    let pair = with_keys(&[json!({ "kty": "RSA", "kid": "roca", "n": base64url(&modulus), "e": "AQAB" })]);
    pair.assert_refuses(&[("of a chip", signed_by(&pair, &KEYS.rsa3072, "RS256", "roca"))]);
    pair.server.stderr.line_with(&["ROCA, CVE-2017-15361", "roca", "replace them at the issuer"]);
}

/// Asserts a 401 or, if the keys were last fetched for another `kid`, a 503.
fn assert_refuses_unknown_key(reply: &Reply) {
    assert!(is_undecided(reply) || refusal(reply).is_ok(), "{reply:?}");
}

/// A token with a key that the issuer has just begun to use gets a 503 with `Retry-After` while forged tokens with
/// unknown `kid`s arrive, so that the client keeps it. Tokens with known keys are accepted all the time.
#[test]
fn token_with_a_new_key_is_kept_while_forged_tokens_with_unknown_kids_arrive() {
    let pair = Pair::start();
    pair.assert_accepts(&[("the control case", pair.issuer.token())]);
    let forged = |kid: &str| {
        let header = pair.issuer.header("RS256", kid).to_string();
        pair.call(&sign(&KEYS.attacker, "RS256", header, pair.issuer.claims().to_string()))
    };
    refusal(&forged("forged")).unwrap();
    let asked = pair.issuer.count("/jwks");
    pair.issuer.set_keys(&[KEYS.rsa.jwk(), KEYS.ed.jwk_with(json!({ "kid": "new" }))]);
    let new = signed_by(&pair, &KEYS.ed, "EdDSA", "new");
    let begun = Instant::now();
    let reply = pair.call(&new);
    assert!(is_undecided(&reply), "{reply:?}");
    until("a record", || pair.server.stderr.records().iter().any(|record| record["reason"] == "unknown_key"));
    // The keys were fetched for the first of these `kid`s only.
    refusal(&forged("forged")).unwrap();
    assert!(is_undecided(&forged("forged too")));
    assert_eq!(pair.issuer.count("/jwks"), asked, "a forged token caused another request");
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    // More forged tokens don't delay the new key beyond the time that the client was told.
    while !succeeded(&pair.call(&new)) {
        let waited = begun.elapsed();
        assert!(waited < Duration::from_secs(wait) + MAX_WAIT, "{waited:?} instead of {wait} s");
        assert_refuses_unknown_key(&forged(&format!("{waited:?}")));
        pair.assert_accepts(&[(
            "a known key",
            pair.issuer.token_with(json!({ "jti": format!("{waited:?}") })),
        )]);
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(pair.issuer.count("/jwks"), asked + 1);
}

/// Unknown `kid`s cause one request to the issuer per 30 s, and never two at once.
#[test]
fn unknown_kids_cause_one_fetch_per_window() {
    let pair = Pair::start();
    pair.assert_accepts(&[("the control case", pair.issuer.token())]);
    let (first, begun) = (pair.issuer.count("/jwks"), Instant::now());
    let forged = |kid: String| {
        let header = pair.issuer.header("RS256", &kid).to_string();
        sign(&KEYS.attacker, "RS256", header, pair.issuer.claims().to_string())
    };
    for number in 0..100 {
        assert_refuses_unknown_key(&pair.call(&forged(format!("one by one {number}"))));
    }
    std::thread::scope(|scope| {
        for thread in 0..10 {
            let (pair, forged) = (&pair, &forged);
            scope.spawn(move || {
                for number in 0..10 {
                    assert_refuses_unknown_key(&pair.call(&forged(format!("together {thread} {number}"))));
                }
            });
        }
    });
    let (fetched, windows) = (pair.issuer.count("/jwks") - first, begun.elapsed().as_secs() / 30 + 1);
    assert!(fetched <= windows, "{fetched} requests for keys in {:?}", begun.elapsed());
    assert_eq!(pair.issuer.max_concurrent(), 1);
    pair.assert_accepts(&[("the control case, after the attacks", pair.issuer.token())]);
}

/// With `Held`, the issuer sends no response until the test sets `Correct`.
#[test]
fn concurrent_first_calls_share_one_fetch() {
    let pair = Pair::start();
    pair.issuer.set_jwks(Answer::Held);
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..20)
            .map(|number| {
                let token = pair.issuer.token_with(json!({ "jti": number.to_string() }));
                let pair = &pair;
                scope.spawn(move || pair.call(&token))
            })
            .collect();
        pair.issuer.wait_for_count("/jwks", 1);
        pair.issuer.set_jwks(Answer::Correct);
        for call in calls {
            let reply = call.join().unwrap();
            assert!(succeeded(&reply), "{reply:?}");
        }
    });
    assert_eq!((pair.issuer.count("/jwks"), pair.issuer.max_concurrent()), (1, 1));
}
