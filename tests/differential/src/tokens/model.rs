//! Model of the token rules: a second implementation, written from the specifications without code of the verifier.
//!
//! It is simple and slow, so that a reader can compare it with RFC 7515, RFC 7519 and RFC 9068.

use super::keys::Key;
use crate::json_tree::Json;

/// Settings of a server that restrict the tokens that it accepts, for the model and the verifier.
#[derive(Clone, Debug)]
pub(crate) struct Expectations {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    /// Access tokens may have the type `JWT`.
    pub(crate) typ_jwt: bool,
    /// Access tokens may have no type.
    pub(crate) typ_absent: bool,
    /// Longest lifetime, in seconds.
    pub(crate) max_lifetime: i64,
}

/// Longest token that is accepted, in bytes.
const MAX_TOKEN: usize = 16_384;
/// Deepest nesting of objects and lists.
const MAX_DEPTH: usize = 16;
/// Largest accepted difference between the clocks of issuer and server, in seconds.
const SKEW: f64 = 30.0;
/// Supported signature algorithms.
const ALGORITHMS: [&str; 9] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

/// Members of a token's header that select the key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Header {
    pub(crate) alg: String,
    pub(crate) kid: Option<String>,
    /// The type is `at+jwt`, which only access tokens have.
    pub(crate) is_access_token: bool,
}

/// Returns `true` if the token is valid at `now`, in seconds since 1970. `keys` is the issuer's JWK Set (RFC 7517).
pub(crate) fn accepts(token: &str, keys: &serde_json::Value, expected: &Expectations, now: i64) -> bool {
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
    let Some(head) = check_header(&header_text, expected) else { return false };
    let Some(key) = select_key(&Key::all(keys), &head) else { return false };
    key.verifies(&head.alg, format!("{header}.{claims}").as_bytes(), &signature_bytes)
        && accepts_claims(&claims_text, &head, expected, now)
}

/// Returns the key that a header selects; `None` if it selects no key, several keys, or a key that doesn't allow the
/// algorithm.
fn select_key(keys: &[Key], head: &Header) -> Option<Key> {
    let candidates: Vec<&Key> = match &head.kid {
        Some(kid) => keys.iter().filter(|key| key.kid.as_ref() == Some(kid)).collect(),
        None => keys.iter().filter(|key| key.allows(&head.alg)).collect(),
    };
    match candidates[..] {
        [key] if key.allows(&head.alg) => Some(key.clone()),
        _ => None,
    }
}

/// Parses an object without duplicate members and with at most [`MAX_DEPTH`] levels.
fn object(bytes: &[u8]) -> Option<Json> {
    let value = Json::parse(bytes)?;
    (matches!(value, Json::Object(_)) && !value.has_duplicates() && value.depth() <= MAX_DEPTH)
        .then_some(value)
}

/// Parses the header of a token; `None` if the header is refused.
pub(crate) fn check_header(bytes: &[u8], expected: &Expectations) -> Option<Header> {
    let header = object(bytes)?;
    // These members change how a token is interpreted.
    if ["crit", "b64", "zip", "enc"].iter().any(|name| header.has(name)) {
        return None;
    }
    let alg = header.member("alg")?.text()?;
    if !ALGORITHMS.contains(&alg) {
        return None;
    }
    let is_access_token = match header.member("typ") {
        None => {
            ensure(expected.typ_absent)?;
            false
        }
        Some(typ) => {
            let typ = typ.text()?.to_ascii_lowercase();
            let is_access_token = typ == "at+jwt" || typ == "application/at+jwt";
            let is_jwt = typ == "jwt" || typ == "application/jwt";
            ensure(is_access_token || expected.typ_jwt && is_jwt)?;
            is_access_token
        }
    };
    let kid = match header.member("kid") {
        None => None,
        Some(kid) => Some(kid.text().filter(|kid| kid.len() <= 256)?.to_owned()),
    };
    Some(Header { alg: alg.to_owned(), kid, is_access_token })
}

/// Returns `true` if the claims are accepted.
pub(crate) fn accepts_claims(bytes: &[u8], head: &Header, expected: &Expectations, now: i64) -> bool {
    check_claims(bytes, head, expected, now).is_some()
}

/// Returns `Some` if the claims are accepted, so that each check can end with `?`.
fn check_claims(bytes: &[u8], head: &Header, expected: &Expectations, now: i64) -> Option<()> {
    let claims = object(bytes)?;
    let now = now as f64;

    if !head.is_access_token {
        // Refuses claims of an ID token, and claims by which some issuers mark other tokens.
        ensure(!["at_hash", "c_hash", "s_hash", "nonce"].iter().any(|name| claims.has(name)))?;
        for (name, wanted) in [("typ", "bearer"), ("token_use", "access")] {
            let is_other = |value: &Json| value.text().is_none_or(|text| !text.eq_ignore_ascii_case(wanted));
            ensure(!claims.member(name).is_some_and(is_other))?;
        }
    }

    ensure(claims.member("iss")?.text()? == expected.issuer)?;
    match claims.member("aud")? {
        Json::Text(audience) => ensure(*audience == expected.audience)?,
        Json::List(audiences) => {
            ensure(audiences.iter().all(|audience| audience.text().is_some()))?;
            ensure(audiences.iter().any(|audience| audience.text() == Some(expected.audience.as_str())))?;
        }
        _ => return None,
    }

    let exp = date(claims.member("exp")?)?;
    ensure(now - SKEW < exp)?;
    let iat = match claims.member("iat") {
        // A token without `iat` counts as issued now.
        None => now,
        Some(iat) => date(iat)?,
    };
    ensure(iat <= now + SKEW)?;
    // The lifetime of the token.
    ensure(exp - iat <= expected.max_lifetime as f64)?;
    if let Some(nbf) = claims.member("nbf") {
        ensure(date(nbf)? <= now + SKEW)?;
    }

    // Without `sub`, the user is the client.
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
    // An `act` claim without the `sub` of RFC 8693 is ignored.
    if let Some(actor) = claims.member("act").and_then(|act| act.member("sub")) {
        ensure(is_name(actor))?;
    }
    for name in ["scope", "scp"] {
        match claims.member(name) {
            None => {}
            Some(Json::Text(scopes)) => {
                ensure(scopes.split(' ').filter(|scope| !scope.is_empty()).all(is_scope))?;
            }
            Some(Json::List(scopes)) => {
                ensure(scopes.iter().all(|scope| scope.text().is_some_and(is_scope)))?;
            }
            Some(_) => return None,
        }
    }
    Some(())
}

/// Returns `true` for 1 to 256 bytes of text without control characters.
fn is_name(value: &Json) -> bool {
    value
        .text()
        .is_some_and(|name| !name.is_empty() && name.len() <= 256 && !name.chars().any(char::is_control))
}

/// Returns `true` for a scope token (RFC 6749 §3.3).
fn is_scope(scope: &str) -> bool {
    !scope.is_empty()
        && scope.chars().all(|letter| ('!'..='~').contains(&letter) && letter != '"' && letter != '\\')
}

/// Returns `Some` if a condition holds, so that `?` ends the checks if it doesn't.
fn ensure(holds: bool) -> Option<()> {
    holds.then_some(())
}

/// Reads a NumericDate: seconds since 1970, up to 2^53, the range in which a double is exact to the second.
fn date(value: &Json) -> Option<f64> {
    let Json::Number(written) = value else { return None };
    let bound = 2_f64.powi(53);
    let date: f64 = written.parse().ok()?;
    (0.0..=bound).contains(&date).then_some(date)
}

/// Decodes base64url (RFC 7515). Padding, other characters, and unused bits that aren't zero are invalid.
pub(crate) fn decode(part: &str) -> Option<Vec<u8>> {
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
