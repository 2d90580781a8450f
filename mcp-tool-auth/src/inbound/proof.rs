//! Verifies a parsed token by the keys of its issuer.

use std::sync::Arc;

use super::{
    claims::VerifiedToken,
    jwt::{Flaw, Jwt, Typ},
    keys::KeySet,
    settings::TokenRules,
};

/// Checks that `typ` is `at+jwt`, or `JWT` if the setting `oauth.typ_jwt` names the issuer, in which case `typ_jwt` is
/// `true`. By default `JWT` is refused, because ID tokens have this `typ` too.
pub fn is_access_token(jwt: &Jwt<'_>, typ_jwt: bool) -> Result<(), Flaw> {
    match jwt.typ {
        Typ::AccessToken => Ok(()),
        Typ::Jwt if typ_jwt => Ok(()),
        Typ::Jwt => Err("not_an_access_token"),
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
    let key = keys.find(jwt.kid.as_deref(), jwt.algorithm).ok_or("no_such_key")?;
    if !key.has_signed(jwt.signed, jwt.signature, jwt.algorithm) {
        return Err("signature_wrong");
    }
    rules.judge(&jwt.claims, issuer, now)
}
