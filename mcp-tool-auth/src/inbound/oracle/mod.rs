//! A second implementation of the rules of tokens, to hold the verifier against.
//!
//! Written from the specifications and apart from the verifier: naive, slow, and meant to be right at a glance.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at what it did not expect, in its helpers too, and prints what it counted"
)]

mod compare;
mod keys;
mod make;
mod sign;
mod tests;
mod values;

use keys::Key;

use mcp_tool_core::json_tree::Json;

/// What a server expects of the tokens that it takes.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) issuer: String,
    pub(super) audience: String,
    /// Whether the issuer may call its access tokens `JWT`.
    pub(super) typ_jwt: bool,
    /// The longest lifetime, in seconds.
    pub(super) max_lifetime: i64,
}

/// The most bytes that a token may have.
const MAX_TOKEN: usize = 16_384;
/// The most objects and lists in one another.
const MAX_DEPTH: usize = 16;
/// How far clocks may be apart, in seconds.
const SKEW: f64 = 30.0;
const ALGORITHMS: [&str; 9] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

/// What a header says that matters for choosing the key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) kid: Option<String>,
}

/// Whether a token opens the server at that second.
pub(super) fn judge(token: &str, keys: &serde_json::Value, expected: &Expected, now: i64) -> bool {
    if token.len() > MAX_TOKEN {
        return false;
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { return false };
    let (Some(header_text), Some(claims_text), Some(signature_bytes)) =
        (decode(header), decode(claims), decode(signature))
    else {
        return false;
    };
    let Some(head) = judge_header(&header_text, expected) else { return false };
    let Some(key) = choose(&Key::all(keys), &head) else { return false };
    key.verifies(&head.alg, format!("{header}.{claims}").as_bytes(), &signature_bytes)
        && judge_claims(&claims_text, expected, now)
}

/// The key that a header means, if it means exactly one.
fn choose(keys: &[Key], head: &Header) -> Option<Key> {
    let fitting: Vec<&Key> = match &head.kid {
        Some(kid) => keys.iter().filter(|key| key.kid.as_ref() == Some(kid)).collect(),
        None => keys.iter().filter(|key| key.takes(&head.alg)).collect(),
    };
    match fitting[..] {
        [key] if key.takes(&head.alg) => Some(key.clone()),
        _ => None,
    }
}

/// An object without duplicates that isn't too deep.
fn object(bytes: &[u8]) -> Option<Json> {
    let value = Json::parse(bytes)?;
    (matches!(value, Json::Object(_)) && !value.has_duplicates() && value.depth() <= MAX_DEPTH)
        .then_some(value)
}

/// The rules of a header alone.
pub(super) fn judge_header(bytes: &[u8], expected: &Expected) -> Option<Header> {
    let header = object(bytes)?;
    // What would change how the token is to be read.
    if ["crit", "b64", "zip", "enc"].iter().any(|name| header.has(name)) {
        return None;
    }
    let alg = header.member("alg")?.text()?;
    if !ALGORITHMS.contains(&alg) {
        return None;
    }
    let typ = header.member("typ")?.text()?.to_ascii_lowercase();
    let is_access_token = typ == "at+jwt" || typ == "application/at+jwt";
    let is_jwt = typ == "jwt" || typ == "application/jwt";
    ensure(is_access_token || expected.typ_jwt && is_jwt)?;
    let kid = match header.member("kid") {
        None => None,
        Some(kid) => Some(kid.text().filter(|kid| kid.len() <= 256)?.to_owned()),
    };
    Some(Header { alg: alg.to_owned(), kid })
}

/// The rules of claims alone.
pub(super) fn judge_claims(bytes: &[u8], expected: &Expected, now: i64) -> bool {
    claims(bytes, expected, now).is_some()
}

fn claims(bytes: &[u8], expected: &Expected, now: i64) -> Option<()> {
    let claims = object(bytes)?;
    let now = now as f64;

    ensure(claims.member("iss")?.text()? == expected.issuer)?;
    match claims.member("aud")? {
        Json::Text(one) => ensure(*one == expected.audience)?,
        Json::List(several) => {
            ensure(several.iter().all(|one| one.text().is_some()))?;
            ensure(several.iter().any(|one| one.text() == Some(expected.audience.as_str())))?;
        }
        _ => return None,
    }

    let exp = date(claims.member("exp")?)?;
    ensure(now - SKEW < exp)?;
    let iat = match claims.member("iat") {
        None => now,
        Some(iat) => date(iat)?,
    };
    ensure(iat <= now + SKEW)?;
    ensure(exp - iat <= expected.max_lifetime as f64)?;
    if let Some(nbf) = claims.member("nbf") {
        ensure(date(nbf)? <= now + SKEW)?;
    }

    let user = match claims.member("sub") {
        Some(subject) => subject,
        None => claims.member("client_id")?,
    };
    ensure(is_name(user))?;

    for name in ["jti", "client_id", "azp"] {
        ensure(claims.member(name).is_none_or(is_name))?;
    }
    if let Some(signed_in) = claims.member("auth_time") {
        date(signed_in)?;
    }
    // Who acts for the user, where the token says it as RFC 8693 has it.
    if let Some(actor) = claims.member("act").and_then(|act| act.member("sub")) {
        ensure(is_name(actor))?;
    }
    for name in ["scope", "scp"] {
        match claims.member(name) {
            None => {}
            Some(Json::Text(several)) => {
                ensure(several.split(' ').filter(|scope| !scope.is_empty()).all(is_scope))?;
            }
            Some(Json::List(scopes)) => {
                ensure(scopes.iter().all(|scope| scope.text().is_some_and(is_scope)))?;
            }
            Some(_) => return None,
        }
    }
    Some(())
}

/// What can be written down and compared: 256 bytes at most, and none that steers a terminal.
fn is_name(value: &Json) -> bool {
    value
        .text()
        .is_some_and(|name| !name.is_empty() && name.len() <= 256 && !name.chars().any(char::is_control))
}

/// RFC 6749 §3.3.
fn is_scope(scope: &str) -> bool {
    !scope.is_empty()
        && scope.chars().all(|letter| ('!'..='~').contains(&letter) && letter != '"' && letter != '\\')
}

fn ensure(holds: bool) -> Option<()> {
    holds.then_some(())
}

/// A NumericDate: any number of seconds since 1970 that a double holds to the second.
fn date(value: &Json) -> Option<f64> {
    let Json::Number(written) = value else { return None };
    let bound = 2_f64.powi(53);
    let date: f64 = written.parse().ok()?;
    (0.0..=bound).contains(&date).then_some(date)
}

/// Base64url as RFC 7515 has it: no padding, no other characters, and one text for each value.
fn decode(part: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if part.is_empty() {
        return None;
    }
    let mut bits = Vec::new();
    for character in part.bytes() {
        let digit = DIGITS.iter().position(|digit| *digit == character)?;
        bits.extend((0..6).rev().map(|place| digit >> place & 1 == 1));
    }
    let left_over = bits.split_off(bits.len() / 8 * 8);
    if left_over.len() >= 6 || left_over.contains(&true) {
        return None;
    }
    let byte = |eight: &[bool]| eight.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    Some(bits.chunks(8).map(byte).collect())
}
