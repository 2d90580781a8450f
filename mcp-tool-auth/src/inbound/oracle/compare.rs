//! The verifier's verdicts, held against the oracle's.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Expected, judge, judge_claims, judge_header,
    sign::Signers,
    tests::{NOW, maker},
};
use crate::inbound::{jwt::Jwt, keys::KeySet, proof::{is_access_token, prove}, settings::TokenRules};

/// A twentieth, which a debug build does in seconds, unless `ORACLE_ALL` is set or the build is a fast one.
fn rounds(all: u32) -> u32 {
    let is_quick = cfg!(debug_assertions) && std::env::var_os("ORACLE_ALL").is_none();
    if is_quick { all / 20 } else { all }
}

fn rules(expected: &Expected) -> TokenRules {
    let max_lifetime = std::time::Duration::from_secs(expected.max_lifetime as u64);
    TokenRules { audience: expected.audience.clone(), max_lifetime, ..TokenRules::default() }
}

/// What the verifier says, from the token's text on; without keys, of the header and the claims alone.
fn verified(token: &str, keys: Option<&KeySet>, expected: &Expected) -> bool {
    let Ok(jwt) = Jwt::read(token) else { return false };
    let issuer: Arc<str> = expected.issuer.as_str().into();
    let rules = rules(expected);
    let is_ours = jwt.claims.get("iss").and_then(Value::as_str) == Some(&issuer);
    let is_good = match keys {
        Some(keys) => prove(&jwt, keys, &issuer, &rules, NOW as f64).is_ok(),
        None => rules.judge(&jwt.claims, &issuer, NOW as f64).is_ok(),
    };
    token.len() <= 16_384 && is_ours && is_access_token(&jwt, expected.typ_jwt).is_ok() && is_good
}

#[test]
fn signed_tokens_are_judged_alike() {
    let mut maker = maker("signed tokens");
    let signers = Signers::generate();
    let sets = signers.sets().map(|set| (KeySet::read(set.to_string().as_bytes()).unwrap(), set));
    let mut good = 0;
    for round in 0..rounds(10_000) {
        maker.expected.typ_jwt = round % 4 == 0;
        let token = signers.token(&mut maker);
        for (keys, set) in &sets {
            let ours = judge(&token, set, &maker.expected, NOW);
            let theirs = verified(&token, Some(keys), &maker.expected);
            assert_eq!(theirs, ours, "{token}\n{}\n{set}", shown(&token));
            good += u32::from(ours);
        }
    }
    println!("of {} tokens before two key sets, good: {good}", rounds(10_000));
}

#[test]
fn headers_and_claims_are_judged_alike() {
    let mut maker = maker("headers and claims");
    let mut good = 0;
    for round in 0..rounds(1_000_000) {
        maker.expected.typ_jwt = round % 4 == 0;
        let (header, claims) = (maker.header("RS256", Some("a")), maker.claims());
        let ours =
            judge_header(&header, &maker.expected).is_some() && judge_claims(&claims, &maker.expected, NOW);
        let token = unsigned(&header, &claims);
        let theirs = verified(&token, None, &maker.expected);
        assert_eq!(theirs, ours, "{}", shown(&token));
        good += u32::from(ours);
    }
    println!("of {} headers and claims, good: {good}", rounds(1_000_000));
    assert!(good > rounds(1_000_000) * 3 / 10, "{good}");
}

fn unsigned(header: &[u8], claims: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    format!("{}.{}.AA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

fn shown(token: &str) -> String {
    let parts: Vec<String> = token
        .split('.')
        .take(2)
        .map(|part| String::from_utf8_lossy(&super::decode(part).unwrap_or_default()).into_owned())
        .collect();
    parts.join("\n")
}
