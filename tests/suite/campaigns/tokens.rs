//! Mutated access tokens: of bytes, and of claims and headers that are signed again with the right key.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use fastrand::Rng;
use serde_json::{Value, json};

use super::{Reached, cases, connection::Connection, mutate, seed};
use crate::{
    harness::tools_call,
    identity::{
        Pair,
        issuer::{RESOURCE, now, sign},
        keys::KEYS,
    },
};

/// Returns `true` if a token with these claims may be accepted. This is a second, simpler implementation of the most
/// important rules.
fn may_be_accepted(issuer: &str, header: &Value, claims: &Value) -> bool {
    let names_us = match &claims["aud"] {
        Value::String(audience) => audience == RESOURCE,
        Value::Array(audiences) => audiences.iter().any(|audience| audience == RESOURCE),
        _ => false,
    };
    let lasts = claims["exp"].as_f64().is_some_and(|expires| expires > now() as f64 - 31.0);
    claims["iss"] == issuer && names_us && lasts && header["alg"] == "RS256" && header.get("crit").is_none()
}

#[test]
fn mutated_tokens_are_accepted_only_if_their_claims_are_right() {
    let pair = Pair::start();
    let mut rng = Rng::with_seed(seed());
    let mut reached = Reached::default();
    let mut connection = Connection::new(&pair.server);
    let key = &KEYS.rsa;
    let (header, claims) = (pair.issuer.header("RS256", key.kid), pair.issuer.claims());
    let valid = sign(key, "RS256", header.to_string(), claims.to_string());
    let body = tools_call(1, "echo", json!({ "text": "x" })).to_string();
    for _ in 0..cases(4_000) {
        let (token, may_be_accepted, origin) = match rng.u8(0..4) {
            0 => {
                let token = mutate::bytes(&mut rng, valid.as_bytes(), &[b".", b"=", b"AAAA", b"-"]);
                let is_valid = token == valid.as_bytes();
                (token, is_valid, "bytes")
            }
            1 => {
                // The parts of the token are changed, and the signature is kept.
                let mut parts: Vec<Vec<u8>> =
                    valid.split('.').map(|part| BASE64URL.decode(part).unwrap()).collect();
                let part = rng.usize(0..parts.len());
                let unchanged = parts[part].clone();
                parts[part] = mutate::bytes(&mut rng, &unchanged, &[b"null", b"\"", b"}", b"none"]);
                let is_valid = parts[part] == unchanged;
                let parts: Vec<String> = parts.iter().map(|part| BASE64URL.encode(part)).collect();
                (parts.join(".").into_bytes(), is_valid, "decoded bytes")
            }
            2 => {
                let claims = mutate::json(&mut rng, &claims);
                let may_be = may_be_accepted(&pair.issuer.url, &header, &claims);
                (
                    sign(key, "RS256", header.to_string(), claims.to_string()).into_bytes(),
                    may_be,
                    "signed claims",
                )
            }
            _ => {
                let header = mutate::json(&mut rng, &header);
                let may_be = may_be_accepted(&pair.issuer.url, &header, &claims);
                (
                    sign(key, "RS256", header.to_string(), claims.to_string()).into_bytes(),
                    may_be,
                    "signed header",
                )
            }
        };
        let mut request = pair.server.request_bytes(
            "POST",
            "/mcp",
            &[("Connection", "keep-alive"), ("Authorization", "Bearer TOKEN")],
            body.as_bytes(),
        );
        let at = request.windows(5).position(|part| part == b"TOKEN").unwrap();
        request.splice(at..at + 5, token.iter().copied());
        let shown = || String::from_utf8_lossy(&token).into_owned();
        // A line break in the token ends the header, which makes a different request.
        let is_one_line = !token.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
        let Some(response) = connection.exchange(&request) else {
            assert!(!is_one_line, "no response to {}", shown());
            continue;
        };
        match response.status {
            200 => {
                assert!(may_be_accepted, "{origin}: accepted {}", shown());
                reached.count(format!("accepted, {origin}"));
            }
            // 503: a `kid` that the server may not ask the issuer for now.
            status @ (400 | 401 | 431 | 503) => reached.count(format!("{status}, {origin}")),
            // The line break made several requests.
            _ if !is_one_line => {}
            status => panic!("{status} for {}", shown()),
        }
        if !is_one_line {
            connection = Connection::new(&pair.server);
        }
    }
    let log = pair.server.stderr.text();
    assert!(!log.contains("panicked"), "the server panicked:\n{log}");
    reached.check(&[
        ("401, bytes", 300),
        ("401, decoded bytes", 300),
        ("401, signed claims", 200),
        ("401, signed header", 100),
        ("accepted, signed claims", 20),
    ]);
}
