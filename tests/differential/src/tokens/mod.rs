//! The JWT verifier of `mcp-tool-auth` compared with a second implementation of the token rules, the [`model`], on
//! random tokens.
//!
//! The environment variable `TOKENS_SEED` sets the seed. A debug build runs a twentieth of the
//! rounds.

mod generate;
mod keys;
mod model;
mod model_tests;
mod sign;
mod values;

use std::sync::Arc;

use serde_json::Value;

use crate::{
    ours::{AcceptedTyp, Jwt, KeySet, TokenRules, is_access_token, verify},
    random::Random,
};
use generate::Generator;
use model::{Expectations, accepts, accepts_claims, check_header, decode};
use sign::Signers;

/// Time at which the verifier and the model validate tokens, in seconds since 1970.
const NOW: i64 = 1_800_000_000;

/// Returns the issuer, audience, type and lifetime that the verifier and the model require of tokens.
fn expectations() -> Expectations {
    Expectations {
        issuer: "https://issuer.example".to_owned(),
        audience: "https://tools.example/mcp".to_owned(),
        typ_jwt: false,
        typ_absent: false,
        max_lifetime: 86_400,
    }
}

/// Returns a generator seeded from `TOKENS_SEED`.
fn generator(test: &str) -> Generator {
    Generator { random: Random::from_environment(test, "TOKENS_SEED"), expected: expectations(), now: NOW }
}

/// Returns the number of rounds to run: `all`, or a twentieth of it in a debug build, so that the tests take seconds.
fn rounds(all: u32) -> u32 {
    if cfg!(debug_assertions) { all / 20 } else { all }
}

fn token_rules(expected: &Expectations) -> TokenRules {
    let max_lifetime = std::time::Duration::from_secs(expected.max_lifetime as u64);
    TokenRules { audience: expected.audience.clone(), max_lifetime, ..TokenRules::default() }
}

/// Returns `true` if the verifier accepts a token. Without `keys`, the signature is not checked.
fn verifier_accepts(token: &str, keys: Option<&KeySet>, expected: &Expectations) -> bool {
    let Ok(jwt) = Jwt::read(token) else { return false };
    let issuer: Arc<str> = expected.issuer.as_str().into();
    let rules = token_rules(expected);
    let accepted = AcceptedTyp { jwt: expected.typ_jwt, absent: expected.typ_absent };
    // A server makes these two checks before it calls the verifier: the issuer selects the keys, and long tokens are
    // refused unread.
    let has_valid_length = token.len() <= 16_384;
    let is_of_issuer = jwt.claims.get("iss").and_then(Value::as_str) == Some(&issuer);
    let is_accepted = match keys {
        Some(keys) => verify(&jwt, keys, &issuer, &rules, NOW as f64).is_ok(),
        None => rules.judge(&jwt.claims, &issuer, NOW as f64).is_ok(),
    };
    has_valid_length && is_of_issuer && is_access_token(&jwt, accepted).is_ok() && is_accepted
}

#[test]
fn verifier_and_model_agree_about_signed_tokens() {
    let mut generator = generator("signed tokens");
    let signers = Signers::generate();
    let sets = signers.sets().map(|set| (KeySet::read(set.to_string().as_bytes()).unwrap(), set));
    let mut accepted = 0;
    for round in 0..rounds(10_000) {
        generator.expected.typ_jwt = round % 4 == 0;
        generator.expected.typ_absent = round % 8 < 2;
        let token = signers.token(&mut generator);
        for (keys, set) in &sets {
            let model_accepts = accepts(&token, set, &generator.expected, NOW);
            assert_eq!(
                verifier_accepts(&token, Some(keys), &generator.expected),
                model_accepts,
                "{token}\n{}\n{set}",
                decoded(&token)
            );
            accepted += u32::from(model_accepts);
        }
    }
    println!("{} tokens, each with two key sets: accepted {accepted} times", rounds(10_000));
}

#[test]
fn verifier_and_model_agree_about_headers_and_claims() {
    let mut generator = generator("headers and claims");
    let mut accepted = 0;
    for round in 0..rounds(1_000_000) {
        generator.expected.typ_jwt = round % 4 == 0;
        generator.expected.typ_absent = round % 8 < 2;
        let (header, claims) = (generator.header("RS256", Some("a")), generator.claims());
        let model_accepts = check_header(&header, &generator.expected)
            .is_some_and(|head| accepts_claims(&claims, &head, &generator.expected, NOW));
        let token = unsigned(&header, &claims);
        assert_eq!(verifier_accepts(&token, None, &generator.expected), model_accepts, "{}", decoded(&token));
        accepted += u32::from(model_accepts);
    }
    println!("{accepted} of {} headers and claims were accepted", rounds(1_000_000));
    assert!(accepted > rounds(1_000_000) * 3 / 10, "only {accepted} were accepted");
}

/// Returns a token whose signature is the byte 0, for tests that don't verify signatures.
fn unsigned(header: &[u8], claims: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    format!("{}.{}.AA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

/// Returns the decoded header and claims of a token, each on its own line.
fn decoded(token: &str) -> String {
    let parts: Vec<String> = token
        .split('.')
        .take(2)
        .map(|part| String::from_utf8_lossy(&decode(part).unwrap_or_default()).into_owned())
        .collect();
    parts.join("\n")
}
