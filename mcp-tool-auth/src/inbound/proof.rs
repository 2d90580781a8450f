//! Verifies a parsed token by the keys of its issuer.

use std::sync::Arc;

use serde_json::Value;

use super::{
    claims::VerifiedToken,
    issuer_settings::AcceptedTyp,
    jwt::{Flaw, Jwt, Typ},
    keys::KeySet,
    settings::TokenRules,
};

/// Claims that only ID tokens have (OpenID Connect Core §2, §3.3.2.11).
const ID_TOKEN_CLAIMS: [&str; 4] = ["at_hash", "c_hash", "s_hash", "nonce"];

/// Checks that a token is an access token: `typ` is `at+jwt`, or one that the issuer's settings accept. ID tokens may
/// have these other types too, so such a token must have no claim that marks a token of another kind.
pub fn is_access_token(jwt: &Jwt<'_>, accepted: AcceptedTyp) -> Result<(), Flaw> {
    let is_accepted = match jwt.typ {
        Typ::AccessToken => return Ok(()),
        Typ::Jwt => accepted.jwt,
        Typ::Absent => accepted.absent,
    };
    let is_absent_or = |claim: &str, wanted: &str| {
        jwt.claims.get(claim).is_none_or(|value: &Value| {
            value.as_str().is_some_and(|value| value.eq_ignore_ascii_case(wanted))
        })
    };
    // Keycloak sets the claim `typ`, and Cognito the claim `token_use`.
    let is_marked = !is_absent_or("typ", "bearer") || !is_absent_or("token_use", "access");
    if is_marked || ID_TOKEN_CLAIMS.iter().any(|claim| jwt.claims.contains_key(*claim)) {
        return Err("an_id_token");
    }
    if is_accepted { Ok(()) } else { Err("not_an_access_token") }
}

/// Verifies the signature of a token by the keys of its issuer.
pub(crate) fn verify_signature(jwt: &Jwt<'_>, keys: &KeySet) -> Result<(), Flaw> {
    let key = keys.find(jwt.kid.as_deref(), jwt.algorithm).ok_or("no_such_key")?;
    match key.has_signed(jwt.signed, jwt.signature, jwt.algorithm) {
        true => Ok(()),
        false => Err("signature_wrong"),
    }
}

/// Verifies the signature of a token and validates its claims, except `iss`: `issuer` is the name in `iss`, and `keys`
/// are the keys of this issuer. [`is_access_token`] checks `typ`. `now` is in seconds since 1970.
pub fn verify(
    jwt: &Jwt<'_>,
    keys: &KeySet,
    issuer: &Arc<str>,
    rules: &TokenRules,
    now: f64,
) -> Result<VerifiedToken, Flaw> {
    verify_signature(jwt, keys)?;
    rules.judge(&jwt.claims, issuer, now)
}
